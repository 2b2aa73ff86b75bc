import type { OutboxTable } from '@backstitch/outbox';
import type { MemoryTransaction } from '@backstitch/postgres/testing';
import type {
  InstanceChange,
  NewLetter,
  NewStoredInstance,
  SagaTransaction,
  SaveOptions,
  SaveResult,
  StartKeyAnswer,
  StartKeyClaim,
} from '../engine/saga-store.js';
import { leaving, locksFreedLetter } from '../postgres/release-locks.js';
import { currentChanges } from '../postgres/current-changes.js';
import { requireStorable } from '../postgres/storable-text.js';
import { storedInstance } from '../postgres/stored-instance.js';
import type { TransactionEnd } from '../postgres/transaction-end.js';
import { changedInstanceRow, newInstanceRow } from './memory-instance-row.js';
import { MemoryConstraintError } from './memory-constraint-error.js';
import { checkLocksInMemory, enqueueLocksInMemory, leaveQueuesInMemory } from './memory-locks.js';
import { letterKey, memorySagaTables } from './memory-tables.js';

export interface MemorySagaTransactionOptions {
  readonly nowMs: () => number;
  readonly outboxTable: OutboxTable<MemoryTransaction>;
  /** Of a transaction of the library's own. A caller's in memory does not tell its end: as with pg, the hint never comes. */
  readonly end?: TransactionEnd;
}

/** The store's operations in one transaction in memory. */
export function memorySagaTransaction(
  tx: MemoryTransaction,
  options: MemorySagaTransactionOptions,
): SagaTransaction<MemoryTransaction> {
  const { nowMs, outboxTable, end } = options;
  const tables = memorySagaTables(tx);
  return {
    trx: tx,
    now: async () => nowMs(),
    savepoint: (work) => tx.savepoint(() => work()),
    claimStartKey: async (claim) => claimKey(tx, claim),
    enqueueLocks: async (request) => enqueueLocksInMemory(tx, request),
    checkLocks: async (sagaId) => checkLocksInMemory(tx, sagaId),
    async insert(instances, { bornLeaseMs } = {}) {
      for (const given of instances) insertInMemory(tx, given, nowMs());
      releaseInMemory(tx, leaving(instances), nowMs());
      const messages = instances.flatMap((each) => each.messages);
      return outboxTable.insert(tx, messages, bornLeaseMs === undefined ? {} : { bornLeaseMs });
    },
    hold: async (ids) =>
      new Map(ids.flatMap((id) => tables.instances.get(id) ?? []).map(({ id, revision }) => [id, revision])),
    async lock(ids) {
      return [...new Set(ids)].sort().flatMap((id) => {
        const row = tables.instances.get(id);
        return row === undefined ? [] : [storedInstance(row, row.journal)];
      });
    },
    save: (changes, saveOptions) => saveChanges(tx, changes, { ...options, ...saveOptions }),
    withdraw: (outboxIds) => outboxTable.withdraw(tx, outboxIds),
    post: async (letters) => postLettersInMemory(tx, letters, nowMs()),
    afterEnd: (run) => end?.afterEnd(run),
    phase: () => (tx.isOpen ? 'open' : 'ended'),
  };
}

function insertInMemory(tx: MemoryTransaction, given: NewStoredInstance, now: number): void {
  const { instances } = memorySagaTables(tx);
  if (instances.get(given.instance.id) !== undefined) throw new MemoryConstraintError('23505', 'saga_instances_pkey');
  instances.set(given.instance.id, newInstanceRow(given, now));
}

/** Transactions take turns, so no rival can hold the key uncommitted and nobody is ever `busy`. */
function claimKey(tx: MemoryTransaction, { saga, key, fingerprint, sagaId }: StartKeyClaim): StartKeyAnswer {
  requireStorable(key, { code: 'INPUT_INVALID', field: 'key', maxLength: 512 });
  const { startKeys } = memorySagaTables(tx);
  const place = JSON.stringify([saga, key]);
  const taken = startKeys.get(place);
  if (taken !== undefined) return { kind: 'taken', ...taken };
  startKeys.set(place, { sagaId, fingerprint });
  return { kind: 'claimed' };
}

async function saveChanges(
  tx: MemoryTransaction,
  changes: readonly InstanceChange[],
  { nowMs, outboxTable, bornLeaseMs }: MemorySagaTransactionOptions & SaveOptions,
): Promise<SaveResult> {
  const { instances, mailbox } = memorySagaTables(tx);
  const rows = new Map(changes.flatMap(({ instance }) => instances.get(instance.id) ?? []).map((row) => [row.id, row]));
  const winners = currentChanges(changes, new Map([...rows.values()].map(({ id, revision }) => [id, revision])));
  for (const change of winners) {
    const { id } = change.instance;
    const row = rows.get(id);
    if (row === undefined) continue;
    for (const letter of change.taken) mailbox.delete(letterKey(id, letter));
    const hasLetters = mailbox.where(({ sagaId }) => sagaId === id).length > 0;
    instances.set(id, changedInstanceRow(row, change, { now: nowMs(), hasLetters }));
  }
  for (const given of winners.flatMap(({ born }) => born)) insertInMemory(tx, given, nowMs());
  postLettersInMemory(
    tx,
    winners.flatMap(({ letters }) => letters),
    nowMs(),
  );
  await outboxTable.markDelivered(
    tx,
    winners.flatMap((change) => change.delivered),
  );
  const messages = winners.flatMap((change) => change.messages);
  const claimed = await outboxTable.insert(tx, messages, bornLeaseMs === undefined ? {} : { bornLeaseMs });
  const freed = releaseInMemory(tx, leaving(winners), nowMs());
  return { saved: winners.map(({ instance }) => instance.id), claimed, freed };
}

function releaseInMemory(tx: MemoryTransaction, sagaIds: readonly string[], now: number): readonly string[] {
  const next = leaveQueuesInMemory(tx, sagaIds);
  const letters = next.map((sagaId) => locksFreedLetter(sagaIds[0] ?? '', sagaId));
  postLettersInMemory(tx, letters, now);
  return next;
}

/** Keeps letters and wakes their instances. Answers the ids of those whose instance does not exist. */
export function postLettersInMemory(
  tx: MemoryTransaction,
  letters: readonly NewLetter[],
  now: number,
): readonly string[] {
  const { instances, mailbox } = memorySagaTables(tx);
  for (const { id } of letters) requireStorable(id, { code: 'INPUT_INVALID', field: 'letter id', maxLength: 512 });
  const homeless: string[] = [];
  for (const { id, sagaId, input } of letters) {
    const row = instances.get(sagaId);
    if (row === undefined) {
      homeless.push(id);
      continue;
    }
    const key = letterKey(sagaId, id);
    const seq = mailbox.values().reduce((last, letter) => Math.max(last, letter.seq), 0) + 1;
    if (mailbox.get(key) === undefined) mailbox.set(key, { id, sagaId, seq, input: JSON.stringify(input) });
    instances.set(sagaId, { ...row, wakeAt: Math.min(row.wakeAt ?? now, now) });
  }
  return homeless;
}
