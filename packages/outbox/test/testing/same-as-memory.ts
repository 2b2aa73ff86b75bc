import { createVirtualClock } from '@backstitch/messaging/testing';
import { createMemoryDatabase } from '@backstitch/postgres/testing';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { ClaimedRow, OutboxOperations, OutboxStore, OutboxTable, SendOutcome } from '../../src/index.js';
import { newRow, refusal } from '../../src/testing/conformance/new-row.js';
import { createMemoryOutbox } from '../../src/testing/index.js';

export interface Side {
  readonly store: OutboxStore;
  readonly operations: OutboxOperations;
  inTable<T>(work: (table: OutboxTable<unknown>, tx: unknown) => Promise<T>): Promise<T>;
  elapse(ms: number): Promise<void>;
}

const idOf = (n: number): string => `00000000-0000-4000-8000-00000000000${n}`;
const ids = fc.uniqueArray(fc.nat(7), { minLength: 1, maxLength: 4 }).map((numbers) => numbers.map(idOf));
const outcomes: readonly SendOutcome[] = [{ kind: 'sent' }, { kind: 'released' }, { kind: 'unknown' }, refusal];
const inserted = fc.record({ ids, lane: fc.nat(1), ordered: fc.boolean(), born: fc.boolean() });
const command = fc.oneof(
  inserted.map((given) => ({ kind: 'insert' as const, ...given })),
  inserted.map((given) => ({ kind: 'insert' as const, ...given, ordered: true, born: false })),
  inserted.map((given) => ({ kind: 'insert' as const, ...given, ordered: false, delayMs: 7_000 })),
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 5 }).map((limit) => ({ kind: 'claim' as const, limit })) },
  ids.map((some) => ({ kind: 'claim ids' as const, ids: some })),
  {
    weight: 4,
    arbitrary: fc.array(fc.nat(3), { minLength: 1, maxLength: 5 }).map((picks) => ({ kind: 'settle' as const, picks })),
  },
  fc.constantFrom(5_000, 10_000, 30_000).map((ms) => ({ kind: 'elapse' as const, ms })),
  ids.map((some) => ({ kind: 'withdraw' as const, ids: some })),
  ids.map((some) => ({ kind: 'unsent' as const, ids: some })),
  ids.map((some) => ({ kind: 'delivered' as const, ids: some })),
  fc
    .record({ ids, verb: fc.constantFrom('requeue', 'park', 'unpark', 'drop') })
    .map((given) => ({ kind: 'verb' as const, ...given })),
  ids.map((some) => ({ kind: 'leave lane' as const, ids: some })),
);
type Command = typeof command extends fc.Arbitrary<infer T> ? T : never;

/** What the side answers, without what may differ: places in the order and ends of leases. */
async function answer(side: Side, it: Command, held: ClaimedRow[]): Promise<unknown> {
  const shown = (rows: readonly ClaimedRow[]): unknown => {
    held.push(...rows);
    return rows.map(({ id, epoch, behind, payload }) => ({ id, epoch, behind, payload }));
  };
  const sorted = (some: readonly string[]): string[] => [...some].sort();
  switch (it.kind) {
    case 'insert': {
      const delay = 'delayMs' in it ? { deliverAfter: { ms: it.delayMs } } : {};
      const rows = it.ids.map((id) =>
        newRow({ id, key: `k${it.lane}`, ordered: it.ordered, maxRetries: it.lane, ...delay }),
      );
      return shown(await side.inTable((table, tx) => table.insert(tx, rows, it.born ? { bornLeaseMs: 10_000 } : {})));
    }
    case 'claim':
      // As the relay does: a claim looks only so far past rows that are held, and its caller says how many are its own.
      return shown(await side.store.claim({ limit: it.limit, leaseMs: 30_000, heldRows: held.length }));
    case 'claim ids':
      return shown(await side.store.claim({ limit: 9, leaseMs: 30_000, ids: it.ids }));
    case 'settle': {
      const rows = [...new Map(held.splice(0, it.picks.length).map((row) => [row.id, row])).values()];
      const kinds = rows.map((_, index) => outcomes[it.picks[index] ?? 0] ?? refusal);
      return side.store.settle(rows.map(({ id, epoch }, index) => ({ id, epoch, outcome: kinds[index] ?? refusal })));
    }
    case 'elapse':
      return side.elapse(it.ms);
    case 'withdraw':
      return sorted(await side.inTable((table, tx) => table.withdraw(tx, it.ids)));
    case 'unsent':
      return sorted(await side.inTable((table, tx) => table.unsent(tx, it.ids)));
    case 'verb':
      return sorted(await side.operations[it.verb](it.ids, { actor: 'ada', reason: 'by chance' }));
    case 'leave lane':
      return side.inTable((table, tx) => table.leaveLane(tx, it.ids));
    case 'delivered':
      return sorted(await side.inTable((table, tx) => table.markDelivered(tx, it.ids)));
  }
}

/** An outbox on a real database and the one in memory answer the same to any sequence of calls. `open` answers an empty one. */
export async function expectSameAsMemory(
  open: () => Promise<Side>,
  options: { readonly numRuns: number } = { numRuns: 60 },
): Promise<void> {
  const run = async (commands: readonly Command[]): Promise<void> => {
    const real = await open();
    const clock = createVirtualClock();
    const database = createMemoryDatabase();
    const outbox = createMemoryOutbox({ database, nowMs: clock.now });
    const memory: Side = {
      store: outbox.store,
      operations: outbox.operations,
      inTable: (work) => database.transaction((tx) => work(outbox.table as OutboxTable<unknown>, tx)),
      elapse: (ms) => clock.advance(ms),
    };
    const [heldInMemory, heldForReal]: [ClaimedRow[], ClaimedRow[]] = [[], []];
    for (const one of commands) {
      const expected = await answer(memory, one, heldInMemory);
      expect(await answer(real, one, heldForReal), JSON.stringify(one)).toEqual(expected);
      const { oldestAgeMs: _, ...counts } = await real.store.counts();
      expect(await memory.store.counts(), JSON.stringify(one)).toMatchObject(counts);
    }
  };
  await fc.assert(fc.asyncProperty(fc.array(command, { minLength: 5, maxLength: 40 }), run), options);
}
