// #region versions
import { defineMigration } from '@backstitch/saga-core';
import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import { inventory, payments } from './contracts.js';

const order = z.object({ orderId: z.string(), sku: z.string(), quantity: z.number().int(), totalMinor: z.number() });
type Order = z.infer<typeof order>;
const reserve = {
  with: ({ input: { orderId, sku, quantity } }: { input: Order }) => ({ orderId, sku, quantity }),
  compensate: {
    command: inventory.release,
    with: ({ sent }: { sent: { orderId: string } }) => ({ orderId: sent.orderId }),
  },
};
const authorize = {
  with: ({ input }: { input: Order }) => ({ orderId: input.orderId, amountMinor: input.totalMinor }),
  compensate: {
    command: payments.void,
    with: ({ sent }: { sent: { orderId: string } }) => ({ orderId: sent.orderId }),
  },
};

export const orderV1 = saga('order', { version: 1, input: order })
  .invoke('reserve', inventory.reserve, reserve)
  .invoke('authorize', payments.authorize, authorize)
  .build();

export const orderV2 = saga('order', { version: 2, input: order })
  .invoke('reserveStock', inventory.reserve, reserve)
  .invoke('authorize', payments.authorize, authorize)
  .build();

export const toV2 = defineMigration(orderV1, orderV2, { rename: { reserve: 'reserveStock' } });
// #endregion versions

// #region run
import type { SagaEngine } from '@backstitch/saga-core';
import type { Knex } from 'knex';

export async function migrateOrders(engine: SagaEngine<Knex.Transaction>): Promise<void> {
  const said = { actor: 'deploy 2026-11-22', reason: 'stock has a name of its own' };
  const dry = await engine.migrateInstances(toV2, { ...said, dryRun: true });
  if (dry.refused > 0) throw new Error(dry.reasons.map(({ reason, count }) => `${count}: ${reason}`).join('\n'));
  await engine.migrateInstances(toV2, said);
}
// #endregion run

// #region back
export const backToV1 = defineMigration(orderV2, orderV1, { rename: { reserveStock: 'reserve' } });
// #endregion back

// #region data
export const orderV3 = saga('order', { version: 3, input: order.extend({ currency: z.string() }) })
  .invoke('reserveStock', inventory.reserve, reserve)
  .local('rate', ({ input }) => ({ points: Math.floor(input.totalMinor / 100) }), { compensate: 'nothing to undo' })
  .invoke('authorize', payments.authorize, authorize)
  .build();

export const toV3 = defineMigration(orderV2, orderV3, {
  input: (input) => ({ ...input, currency: 'EUR' }),
  skip: { rate: () => ({ points: 0 }) },
});
// #endregion data

// #region check
import { readFileSync } from 'node:fs';
import { runSagaCheck } from '@backstitch/saga-core/postgres';
import createKnex from 'knex';

export async function checkRelease(databaseUrl: string): Promise<void> {
  const knex = createKnex({ client: 'pg', connection: databaseUrl, pool: { min: 0, max: 1 } });
  process.exitCode = await runSagaCheck({
    database: knex,
    sagas: [orderV1, orderV2],
    lock: JSON.parse(readFileSync(new URL('sagas.lock.json', import.meta.url), 'utf8')),
    write: (text) => process.stdout.write(text),
  });
  await knex.destroy();
}
// #endregion check

// #region test
import { migrateInstance, newInstance, type SagaInput, transition } from '@backstitch/saga-core';
import { expect, test } from 'vitest';

test('an order that has its stock goes on without asking for it again', () => {
  const given = { orderId: 'o1', sku: 's1', quantity: 1, totalMinor: 500 };
  const replied = { kind: 'replied', step: 'reserve', round: 1, direction: 'do', attempt: 1 } as const;
  const inputs: readonly SagaInput[] = [
    { kind: 'started' },
    { ...replied, outcome: { kind: 'succeeded', output: { reservationId: 'r1' } } },
  ];
  let instance = newInstance(orderV1, { id: 'i1', input: given, now: 0 });
  for (const input of inputs) {
    const moved = transition(orderV1, instance, input, 0);
    if (moved.kind === 'moved') instance = moved.instance;
  }
  const moved = migrateInstance(toV2, instance, { now: 0, actor: 'test', reason: 'to see' });
  expect(moved).toMatchObject({
    kind: 'migrated',
    instance: { version: 2, state: { steps: { reserveStock: { status: 'succeeded' } } } },
  });
});
// #endregion test

test('whoever has passed the place of a new step is taken to have answered', () => {
  const given = { orderId: 'o1', sku: 's1', quantity: 1, totalMinor: 500 };
  const steps = {
    reserveStock: { status: 'succeeded', round: 1 },
    authorize: { status: 'dispatched', round: 1 },
  } as const;
  const fresh = newInstance(orderV2, { id: 'i1', input: given, now: 0 });
  const instance = { ...fresh, state: { ...fresh.state, steps } };
  const moved = migrateInstance(toV3, instance, { now: 0, actor: 'test', reason: 'to see' });
  expect(moved).toMatchObject({
    instance: { input: { currency: 'EUR' }, bodies: { rate: { output: { points: 0 } } } },
  });
  const back = migrateInstance(backToV1, instance, { now: 0, actor: 'test', reason: 'to see' });
  expect(back).toMatchObject({ instance: { version: 1, state: { steps: { reserve: { status: 'succeeded' } } } } });
});
