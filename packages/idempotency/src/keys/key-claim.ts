/** Everything that a claim writes; tables are named by their quoted, qualified name. */
export interface KeyClaim {
  readonly table: string;
  readonly scope: string;
  readonly key: string;
  readonly requestHash: string | null;
  readonly operationType: string | null;
  readonly resourceId: string | null;
  readonly ttlMs: number;
  /** How long the claim holds without its transaction; null for one that ends with it. */
  readonly leaseMs: number | null;
}

/** What is stored as the outcome of the work. */
export interface StoredResponse {
  readonly data: string | null;
  readonly headers: string | null;
  readonly status: number | null;
}
