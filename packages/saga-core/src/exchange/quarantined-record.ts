/** A record that nobody here can handle, as it is kept for a person to look at. */
export interface QuarantinedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly reason: string;
  /** The beginning of what came, cut to 4 KiB. */
  readonly head: string;
}
