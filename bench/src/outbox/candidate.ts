/** One way from a row to Kafka. */
export interface Candidate {
  readonly name: string;
  /** What differs from defaults, in words. */
  readonly settings: string;
  /** Puts so many rows into its table, 500 a transaction, before it is started. */
  fill(rows: number): Promise<void>;
  /** One row in a transaction of its own; resolves when it is committed. */
  insert(payload: string, key: string): Promise<void>;
  start(): void;
  /** Resolves when so many rows are acknowledged by Kafka, counted from the start. */
  sent(rows: number): Promise<void>;
  sentSoFar(): number;
  stop(): Promise<void>;
}

export interface CandidatePlace {
  /** An empty database. */
  readonly databaseUrl: string;
  readonly brokers: readonly string[];
  /** With three partitions. */
  readonly topic: string;
  /** What it will be measured at: rows that wait, or rows that come. */
  readonly load: 'drain' | 'steady';
}

/** Counts rows, and tells who waits for so many. */
export interface Counter {
  add(rows: number): void;
  count(): number;
  reached(rows: number): Promise<void>;
}

export function createCounter(): Counter {
  let count = 0;
  const waiting = new Set<() => void>();
  return {
    add(rows) {
      count += rows;
      for (const look of waiting) look();
    },
    count: () => count,
    reached: (rows) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (count < rows) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
