/** One way of doing an operation once. */
export interface Candidate {
  readonly name: string;
  /** Whether the key's row, the business row and the stored result commit together. Without it a crash in between leaves one without the other. */
  readonly sharesTransaction: boolean;
  /** What a process that dies between the business COMMIT and the stored result leaves for the client's next try. */
  readonly afterCrash: string;
  /** One operation: a business row of 200 bytes and an answer. Again with the same key it must insert nothing. */
  run(key: string): Promise<void>;
  /** Whether a repeated key can be asked of it. */
  readonly replays: boolean;
  close(): Promise<void>;
}
