/** Quoted and qualified names. */
export interface InboxTables {
  readonly messages: string;
  readonly watermarks: string;
  readonly deadLetters: string;
}

/** One partition of one consumer. */
export interface ConsumedPartition {
  readonly consumer: string;
  readonly topic: string;
  readonly partition: number;
}
