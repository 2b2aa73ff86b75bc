import type { InstanceChange, NewStoredInstance } from '../engine/saga-store.js';
import { isTerminal } from '../machine/instance.js';
import { requireStorableLabels } from '../postgres/insert-instances.js';
import { MemoryConstraintError } from './memory-constraint-error.js';
import type { MemoryInstanceRow } from './memory-tables.js';

/** The row of a new instance. */
export function newInstanceRow(
  { instance, entries, wakeAt, tags, startKey }: NewStoredInstance,
  now: number,
): MemoryInstanceRow {
  requireStorableLabels(tags, startKey);
  const { id, saga, version, hash, input, state } = instance;
  return checked({
    ...{ id, saga, version, hash, startKey, wakeAt },
    status: state.status,
    paused: state.pausedAt !== undefined,
    input: input === undefined ? null : JSON.stringify(input),
    state: JSON.stringify(state),
    tags: JSON.stringify(tags),
    createdAt: now,
    updatedAt: now,
    finishedAt: isTerminal(state.status) ? now : null,
    revision: 1,
    journal: appended([], entries),
  });
}

/** The row after a change. `hasLetters`: something still waits for the instance, so it stays due. */
export function changedInstanceRow(
  row: MemoryInstanceRow,
  { instance, entries, wakeAt, migrated }: InstanceChange,
  { now, hasLetters }: { readonly now: number; readonly hasLetters: boolean },
): MemoryInstanceRow {
  const { state, version, hash, input } = instance;
  const pinned = migrated ? { version, hash, input: input === undefined ? null : JSON.stringify(input) } : {};
  return checked({
    ...row,
    ...pinned,
    status: state.status,
    paused: state.pausedAt !== undefined,
    state: JSON.stringify(state),
    wakeAt: hasLetters ? Math.min(wakeAt ?? now, now) : wakeAt,
    updatedAt: now,
    finishedAt: isTerminal(state.status) ? (row.finishedAt ?? now) : null,
    revision: row.revision + 1,
    journal: appended(row.journal, entries),
  });
}

function appended(journal: readonly string[], entries: InstanceChange['entries']): readonly string[] {
  const all = [...journal];
  for (const entry of entries) {
    // Postgres refuses a place that is taken; a gap it would take, and nothing here may rest on that.
    if (entry.seq !== all.length + 1) throw new MemoryConstraintError('23505', 'saga_journal_pkey');
    all.push(JSON.stringify(entry));
  }
  return all;
}

/** The checks of the table on Postgres. */
function checked(row: MemoryInstanceRow): MemoryInstanceRow {
  const isLive = row.status === 'running' || row.status === 'compensating';
  if (isLive && !row.paused && row.wakeAt === null) throw new MemoryConstraintError('23514', 'saga_live_has_wake_at');
  if (row.wakeAt !== null && !Number.isFinite(row.wakeAt))
    throw new MemoryConstraintError('23514', 'saga_instances_wake_at_check');
  return row;
}
