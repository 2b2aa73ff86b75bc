/** A Postgres to test against. */
export interface PostgresServer {
  readonly kind: 'given' | 'docker' | 'embedded';
  /** Of a user who may create databases. */
  readonly url: string;
  /** Creates an empty database and gives back its url. */
  createDatabase(name?: string): Promise<string>;
  /** Drops it, whoever is still connected. */
  dropDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
  /** Ends it at once, without a checkpoint. Only where the process is ours. */
  crash?(): Promise<void>;
  /** Starts it again after a crash, on the same port and data. */
  restart?(): Promise<void>;
}
