import { createVirtualClock } from '@backstitch/messaging/testing';
import { createMemoryDatabase } from '@backstitch/postgres/testing';
import { expect, it } from 'vitest';
import { createPruner } from '../src/index.js';
import { newRow } from '../src/testing/conformance/new-row.js';
import { createMemoryOutbox } from '../src/testing/index.js';

it('deletes sent rows when they are old enough, batch by batch, and stops', async () => {
  const clock = createVirtualClock();
  const database = createMemoryDatabase();
  const { store, table } = createMemoryOutbox({ database, nowMs: clock.now });
  const left = () => database.read((reader) => reader.table('outbox_events').values().length);
  const rows = [newRow(), newRow(), newRow(), newRow()];
  await database.transaction((tx) => table.insert(tx, rows));
  const ids = rows.slice(0, 3).map((row) => row.id);
  await database.transaction((tx) => table.markDelivered(tx, ids));
  const pruner = createPruner({ store, clock, keepMs: 10_000, batchSize: 2, intervalMs: 1_000 });
  pruner.start();
  await clock.advance(9_000);
  expect(left()).toBe(4);
  await clock.advance(3_000);
  expect(left()).toBe(1);
  await pruner.stop();
  expect(clock.nextTimerAt()).toBeUndefined();
});
