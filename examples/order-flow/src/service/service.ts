/** One of the five services of the example, with its own database. */
export interface Service {
  /** Brings its tables up to date, begins to work and answers the base URL of its HTTP API. */
  start(): Promise<{ readonly url: string }>;
  /** Finishes what is under way and closes its database connections. The transport stays its owner's. */
  stop(): Promise<void>;
}
