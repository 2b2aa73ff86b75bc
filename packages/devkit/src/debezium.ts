/** Debezium in a Kafka Connect worker of its own, streaming by one connector. */
export interface Debezium {
  /** SIGKILL; its offsets stay where it last wrote them. */
  crash(): Promise<void>;
  /** Starts it again after a crash, with the same offsets. */
  restart(): Promise<void>;
  /** What it last wrote, for error messages. */
  lastWords(): string;
  stop(): Promise<void>;
}

export interface StartDebeziumOptions {
  readonly brokers: readonly string[];
  /** The connector, as it would be posted to Kafka Connect. */
  readonly connector: { readonly name: string; readonly config: Readonly<Record<string, string>> };
}
