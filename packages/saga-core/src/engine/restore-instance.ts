import { fold } from '../machine/evolve.js';
import type { InstanceState, SagaInstance } from '../machine/instance.js';
import type { JournalEntry } from '../machine/journal-event.js';

export interface StoredParts {
  readonly id: string;
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
  readonly input: unknown;
  readonly state: InstanceState;
}

/**
 * An instance from its row and its journal. The state column is the truth about statuses and times; what was sent and answered stands once,
 * in the journal, and is gathered from there.
 */
export function restoreInstance(parts: StoredParts, entries: readonly JournalEntry[]): SagaInstance {
  const { bodies, output } = fold({ status: 'running', steps: {} }, entries);
  return { ...parts, seq: entries.length, bodies, ...(output === undefined ? {} : { output }) };
}
