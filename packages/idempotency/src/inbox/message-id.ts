export interface MessageId {
  /** Quoted and qualified. */
  readonly table: string;
  readonly consumer: string;
  readonly messageKey: string;
}
