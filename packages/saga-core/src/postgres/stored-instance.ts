import { restoreInstance } from '../engine/restore-instance.js';
import type { StoredInstance } from '../engine/saga-store.js';
import { SagaError } from '../errors.js';
import type { InstanceState } from '../machine/instance.js';
import type { JournalEntry } from '../machine/journal-event.js';

/** An instance as it is stored: what is JSON is text. Times are milliseconds. */
export interface InstanceRecord {
  readonly id: string;
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
  readonly startKey: string | null;
  readonly input: string | null;
  readonly state: string;
  readonly tags: string;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly revision: number;
}

/** Reads what was stored. Throws STORED_STATE_UNREADABLE where it is no JSON. */
export function storedInstance(record: InstanceRecord, entries: readonly string[]): StoredInstance {
  const { id, saga, version, hash, startKey, createdAt, updatedAt, revision } = record;
  const read = (column: string, text: string): unknown => {
    try {
      return JSON.parse(text) as unknown;
    } catch (cause) {
      throw new SagaError('STORED_STATE_UNREADABLE', `The ${column} of instance ${id} is not JSON.`, {
        cause,
        fields: { sagaId: id, saga, version, column },
        hint: 'Somebody changed the table by hand, or the storage is damaged: restore the row from a backup.',
      });
    }
  };
  const instance = restoreInstance(
    {
      ...{ id, saga, version, hash },
      input: record.input === null ? undefined : read('input', record.input),
      state: read('state', record.state) as InstanceState,
    },
    entries.map((entry) => read('journal', entry) as JournalEntry),
  );
  return {
    instance,
    revision,
    tags: read('tags', record.tags) as Record<string, string>,
    startKey,
    createdAt,
    updatedAt,
  };
}
