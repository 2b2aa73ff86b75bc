import type { JournalEntry } from '../machine/journal-event.js';

/** What an instance did, as plain JSON: to be kept as a file, and held against the code of another day. */
export interface Recording {
  readonly id: string;
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
  readonly input: unknown;
  /** From the first entry, without gaps. */
  readonly journal: readonly JournalEntry[];
}
