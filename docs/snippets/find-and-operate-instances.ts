// #region list
import type { InstanceSummary } from '@backstitch/saga-core';
import { engine } from './start-in-your-transaction.js';

export async function parkedOrders(): Promise<readonly InstanceSummary[]> {
  const found: InstanceSummary[] = [];
  let cursor: string | null | undefined;
  while (cursor !== null && found.length < 1_000) {
    const page = await engine.instances.list(
      { saga: 'place-order', status: 'parked' },
      { limit: 100, order: 'oldest', ...(cursor === undefined ? {} : { cursor }) },
    );
    found.push(...page.instances); // may be fewer than `limit`, even none: go on while there is a cursor
    ({ cursor } = page);
  }
  return found;
}

export async function ofCart(cartId: string): Promise<readonly InstanceSummary[]> {
  const { instances } = await engine.instances.list({ tag: { name: 'cartId', value: cartId } });
  return instances;
}
// #endregion list

// #region counts
export async function howMany(): Promise<readonly string[]> {
  const { groups } = await engine.instances.counts();
  return groups.map(({ saga, version, status, count, isMore }) => {
    return `${saga} ${version} ${status}: ${isMore ? 'more than ' : ''}${count}`;
  });
}
// #endregion counts

// #region inspect
export async function whatIsLeft(id: string): Promise<string> {
  const seen = await engine.instances.inspect(id);
  if (seen === undefined) return 'there is no such instance';
  const left = seen.remaining?.map(({ direction, step, status }) => `${direction} ${step} (${status})`) ?? [];
  const unsent = seen.messages.filter(({ status }) => status !== 'SENT').length;
  return `${seen.instance.status}, ${seen.journal.length} entries, ${unsent} unsent, left: ${left.join(', ')}`;
}
// #endregion inspect

// #region alone
import { createInstances, type Instances } from '@backstitch/saga-core';
import { postgresSagaStore } from '@backstitch/saga-core/postgres';
import { postgresDatabase } from '@backstitch/postgres';
import type { Knex } from 'knex';
import { placeOrder } from './place-order.js';

export function instancesOf(knex: Knex): Instances {
  const store = postgresSagaStore({ database: postgresDatabase(knex) });
  return createInstances({ store, sagas: [placeOrder] }); // the sagas only tell which steps remain
}
// #endregion alone

// #region preview
const note = { actor: 'ada@example.org', reason: 'the topic exists now, INC-4711' };

export async function wouldCancel(id: string): Promise<readonly string[]> {
  const preview = await engine.preview(id, { kind: 'cancel', ...note }); // throws what `cancel` would throw
  return [
    ...preview.steps.map(({ step, before, after }) => `${step}: ${before} -> ${after}`),
    ...preview.withdrawn.map((command) => `takes back ${command}`),
    ...preview.messages.map(({ topic, command, bytes }) => `sends ${command} to ${topic}, ${bytes} bytes`),
    ...(preview.endsAt === null ? [] : [`then runs '${preview.endsAt.step}'; what follows depends on what it answers`]),
  ];
}
// #endregion preview

// #region bulk
import type { BulkReport } from '@backstitch/saga-core';

export async function retryAll(dryRun: boolean, signal: AbortSignal): Promise<BulkReport> {
  const parkedForTheTopic = { status: 'parked', text: 'unknown topic', createdAfter: new Date('2026-11-01') } as const;
  return engine.bulk({ kind: 'retry' }, parkedForTheTopic, { ...note, limit: 500, dryRun, signal });
}
// #endregion bulk
