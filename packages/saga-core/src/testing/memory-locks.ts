import type { MemoryTable, MemoryTransaction } from '@backstitch/postgres/testing';
import type { LockPlace, LockRequest } from '../engine/saga-store.js';
import type { LockAnswer, LockTaken } from '../machine/saga-input.js';
import { type MemoryLockRow, memorySagaTables } from './memory-tables.js';

/** Transactions take turns: nobody is ever `busy`. */
export function enqueueLocksInMemory(tx: MemoryTransaction, { sagaId, keys, whenHeld }: LockRequest): LockTaken {
  const { locks } = memorySagaTables(tx);
  const rows = locks.values();
  const [held] = [...keys].sort().flatMap((key) => firstOf(rows, key) ?? []);
  if (held !== undefined && whenHeld === 'refuse') return { kind: 'refused', key: held.key, heldBy: held.sagaId };
  const last = rows.reduce((most, { place }) => Math.max(most, place), 0);
  for (const [index, key] of keys.entries()) {
    const place = last + 1 + index;
    locks.set(String(place), { key, place, sagaId });
  }
  return { kind: held === undefined ? 'held' : 'waiting' };
}

/** And nobody is ever seen leaving. */
export function checkLocksInMemory(tx: MemoryTransaction, sagaId: string): LockAnswer {
  const rows = memorySagaTables(tx).locks.values();
  const isFirst = rows.every((row) => row.sagaId !== sagaId || firstOf(rows, row.key)?.place === row.place);
  return isFirst ? 'granted' : 'held';
}

/** Takes instances out of their queues; answers who is the first now where one of them was. */
export function leaveQueuesInMemory(tx: MemoryTransaction, sagaIds: readonly string[]): readonly string[] {
  const { locks } = memorySagaTables(tx);
  const freed = locks.where((row) => sagaIds.includes(row.sagaId));
  for (const { place } of freed) locks.delete(String(place));
  const left = locks.values();
  const next = freed.flatMap(({ key, place }) => {
    const first = firstOf(left, key);
    return first !== undefined && first.place > place ? [first.sagaId] : [];
  });
  return [...new Set(next)].sort();
}

export function lockQueueOf(
  locks: Pick<MemoryTable<MemoryLockRow>, 'values'>,
  sagaIds: readonly string[],
): readonly LockPlace[] {
  const rows = locks.values();
  return [...new Set(sagaIds)].sort().flatMap((sagaId) => {
    const mine = rows.filter((row) => row.sagaId === sagaId).sort((one, other) => (one.key < other.key ? -1 : 1));
    if (mine.length === 0) return [];
    const behind = mine.flatMap(({ key, place }) => rows.filter((row) => row.key === key && row.place > place));
    const waitingFor = mine.flatMap(({ key, place }) => {
      const first = firstOf(rows, key);
      return first === undefined || first.place === place ? [] : [{ key, heldBy: first.sagaId }];
    });
    return [{ sagaId, blocking: new Set(behind.map((row) => row.sagaId)).size, waitingFor }];
  });
}

function firstOf(rows: readonly MemoryLockRow[], key: string): MemoryLockRow | undefined {
  const queue = rows.filter((row) => row.key === key);
  return queue.reduce<MemoryLockRow | undefined>(
    (first, row) => (first === undefined || row.place < first.place ? row : first),
    undefined,
  );
}
