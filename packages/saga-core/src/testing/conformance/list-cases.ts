import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { checkFilter, type InstanceFilter } from '../../engine/instance-filter.js';
import type { InstanceSummary } from '../../engine/instance-summary.js';
import { createInstances, type PageOptions } from '../../engine/instances.js';
import { matchesFilter } from '../../engine/matches-filter.js';
import type { Parking, SagaStatus } from '../../machine/instance.js';
import type { SagaStoreCase, SagaStoreStage } from './saga-store-subject.js';
import {
  insertSample,
  insertSamples,
  loadOne,
  sample,
  type SampleOptions,
  saveOne,
  succeeded,
} from './sample-instance.js';

const parked = (message: string, code = 'STEP_FAILED'): Parking => ({ from: 'running', code, message, at: 1 });
const failure = { step: 'pay', code: 'NO_FUNDS', message: 'the card was declined' };

function given(status: SagaStatus, options: SampleOptions = {}): SampleOptions {
  const isLive = status === 'running' || status === 'compensating';
  return { ...options, state: { status, ...options.state }, ...(isLive ? {} : { wakeAt: null }) };
}

/** Of every kind that a filter tells apart, several transactions of them. */
async function insertAssortment(stage: SagaStoreStage): Promise<void> {
  await insertSamples(
    stage,
    given('running', { tags: { order: 'o-1', tenant: 'acme' } }),
    given('running', { saga: 'return-order', tags: { order: 'o-1' } }),
    given('completed', { startKey: 'k-1', tags: { tenant: 'acme', order: '' } }),
    given('compensated', { state: { failure } }),
  );
  await stage.elapse(3_600_000);
  await insertSamples(
    stage,
    given('parked', { version: 2, tags: { tenant: 'acme' }, state: { parked: parked('Topic {"x"} is missing') } }),
    given('parked', { saga: 'return-order', state: { parked: parked('a \\ "quote"', 'CONTRADICTION'), failure } }),
    given('running', { version: 2, wakeAt: null, state: { pausedAt: 5 }, tags: { tenant: 'Über' } }),
    given('compensating', { version: 3, state: { failure }, tags: { tenant: 'acme' } }),
    given('completed', { saga: 'other', tags: { order: 'o-11' } }),
  );
  await stage.elapse(3_600_000);
  await insertSamples(stage, given('running'), given('completed', { version: 2 }), given('completed'));
}

async function listAll(
  stage: SagaStoreStage,
  filter: InstanceFilter,
  page: PageOptions = {},
): Promise<readonly InstanceSummary[]> {
  const found: InstanceSummary[] = [];
  let cursor: string | null | undefined;
  for (let pages = 0; cursor !== null; pages += 1) {
    assert.ok(pages < 1_000, 'the pages have no end');
    const next = await createInstances({ store: stage.store }).list(filter, {
      ...page,
      ...(cursor === undefined ? {} : { cursor }),
    });
    assert.ok(next.instances.length <= (page.limit ?? 50));
    found.push(...next.instances);
    ({ cursor } = next);
  }
  return found;
}

const ids = (instances: readonly { readonly id: string }[]): readonly string[] => instances.map(({ id }) => id);

const filters: readonly InstanceFilter[] = [
  { status: 'running' },
  { status: ['parked', 'compensating'] },
  { status: ['completed'], saga: 'place-order' },
  { saga: 'return-order' },
  { saga: 'nobody' },
  { version: 2 },
  { saga: 'place-order', version: 2, status: 'completed' },
  { paused: true },
  { paused: true, saga: 'return-order' },
  { paused: false, status: 'running' },
  { tag: { name: 'tenant', value: 'acme' } },
  { tag: { name: 'tenant', value: 'acme' }, status: ['running', 'parked'] },
  { tag: { name: 'order', value: '' } },
  { tag: { name: 'order', value: 'acme' } },
  { tag: { name: 'tenant', value: 'Über' }, paused: true },
  { text: 'ACM' },
  { text: 'topic {"X"}' },
  { text: 'a \\ "q' },
  { text: 'contradiction' },
  { text: 'no_funds', status: 'compensated' },
  { text: 'Ü' },
  { text: 'ü' },
  { text: 'k-1' },
  { text: 'reserve' },
  { text: 'tenant' },
];

export const listCases: readonly SagaStoreCase[] = [
  {
    name: 'lists instances in the order of their creation, page by page, each of them once',
    async run(stage) {
      await insertAssortment(stage);
      for (const order of ['newest', 'oldest'] as const) {
        const whole = await listAll(stage, {}, { order });
        assert.equal(new Set(ids(whole)).size, 12);
        const direction = order === 'oldest' ? 1 : -1;
        for (const [place, one] of whole.slice(1).entries()) {
          const before = whole[place];
          assert.ok(before !== undefined);
          const rises = one.createdAt - before.createdAt || (one.id > before.id ? 1 : -1);
          assert.ok(rises * direction > 0, order);
        }
        for (const limit of [1, 2, 5, 12]) {
          assert.deepEqual(ids(await listAll(stage, {}, { order, limit })), ids(whole), `${order} ${limit}`);
        }
      }
    },
  },
  {
    name: 'lists what fits a filter, the same however long the pages are and however little one may look at',
    async run(stage) {
      await insertAssortment(stage);
      const all = await listAll(stage, {});
      const { now } = await stage.store.load([]);
      const middle = all[5]?.createdAt ?? 0;
      const timed: readonly InstanceFilter[] = [
        { createdAfter: middle },
        { createdBefore: new Date(middle) },
        { createdAfter: middle, createdBefore: middle + 1, status: ['parked', 'running'] },
        { updatedBefore: middle, saga: 'place-order' },
        { idleFor: '90m' },
        { tag: { name: 'tenant', value: 'acme' }, createdBefore: middle },
      ];
      for (const filter of [...filters, ...timed]) {
        const expected = ids(all.filter((each) => matchesFilter(each, checkFilter(filter), now)));
        for (const page of [{}, { limit: 1 }, { limit: 2, examine: 3 }]) {
          const what = JSON.stringify({ filter, page });
          assert.deepEqual(ids(await listAll(stage, filter, page)), expected, what);
          const oldest = await listAll(stage, filter, { ...page, order: 'oldest' });
          assert.deepEqual([...ids(oldest)].reverse(), expected, what);
        }
      }
      const count = async (filter: InstanceFilter) => (await listAll(stage, filter)).length;
      assert.deepEqual(
        [await count({ status: 'running' }), await count({ paused: true }), await count({ version: 2 })],
        [4, 1, 3],
      );
      assert.deepEqual([await count({ text: 'acme' }), await count({ text: 'ü' })], [4, 0]);
      assert.deepEqual([await count({ idleFor: '90m' }), await count({ tag: { name: 'order', value: '' } })], [4, 1]);
    },
  },
  {
    name: 'looks at no more instances for a page than it may, and says where it stopped',
    async run(stage) {
      await insertSamples(stage, ...Array.from({ length: 30 }, () => given('completed')));
      await stage.elapse(1_000);
      await insertSample(stage, given('completed', { tags: { tenant: 'rare' } }));
      const { list } = createInstances({ store: stage.store });
      const filter: InstanceFilter = { text: 'rare' };
      const first = await list(filter, { limit: 2, examine: 10, order: 'oldest' });
      assert.deepEqual(first.instances, []);
      assert.ok(first.cursor !== null);
      assert.equal((await listAll(stage, filter, { limit: 2, examine: 10, order: 'oldest' })).length, 1);
    },
  },
  {
    name: 'finds instances by the key of their start, one of each saga',
    async run(stage) {
      const key = 'order-17';
      for (const saga of ['place-order', 'return-order']) {
        const stored = await insertSample(stage, { saga, startKey: key });
        const { id: sagaId } = stored.instance;
        await stage.store.transaction((tx) => tx.claimStartKey({ saga, key, fingerprint: 'f', sagaId }));
      }
      await insertSample(stage, {});
      const sagas = async (filter: InstanceFilter) =>
        (await listAll(stage, filter, { limit: 1 })).map((each) => each.saga);
      assert.deepEqual([...(await sagas({ startKey: key }))].sort(), ['place-order', 'return-order']);
      assert.deepEqual(await sagas({ startKey: key, saga: 'return-order' }), ['return-order']);
      assert.deepEqual(await sagas({ startKey: key, status: 'parked' }), []);
      assert.deepEqual(await sagas({ startKey: 'another' }), []);
    },
  },
  {
    name: 'finds a child by the tags that it was born with',
    async run(stage) {
      const parent = await insertSample(stage, {});
      const child = sample({ saga: 'child', tags: { order: 'o-9' }, now: parent.createdAt });
      assert.ok(await saveOne(stage, succeeded(parent, { born: [child] })));
      const found = await listAll(stage, { tag: { name: 'order', value: 'o-9' } });
      assert.deepEqual(ids(found), [child.instance.id]);
    },
  },
  {
    name: 'goes on behind a cursor although instances come and change meanwhile',
    async run(stage) {
      // Ids that are below that of the one which comes later: in memory all of them have the same time.
      await insertSamples(stage, ...['1', '2', '3', '4'].map((digit) => ({ id: `${digit}${randomUUID().slice(1)}` })));
      const { list } = createInstances({ store: stage.store });
      const first = await list({ status: 'running' }, { limit: 2 });
      await insertSamples(stage, { id: `f${randomUUID().slice(1)}` });
      const [one] = first.instances;
      assert.ok(one !== undefined && first.cursor !== null);
      const change = succeeded(await loadOne(stage, one.id), { state: { status: 'completed' }, wakeAt: null });
      assert.ok(await saveOne(stage, change));
      const second = await list({ status: 'running' }, { limit: 2, cursor: first.cursor });
      assert.equal(second.instances.length, 2);
      assert.equal(new Set([...ids(first.instances), ...ids(second.instances)]).size, 4);
      assert.equal(second.cursor, null);
    },
  },
  {
    name: 'tells of a listed instance what its row tells',
    async run(stage) {
      const why = parked('\u0000 \ud800 no such topic');
      const [id] = await insertSamples(
        stage,
        given('parked', { startKey: 's', tags: { a: '1' }, state: { parked: why, failure } }),
      );
      const [found] = await listAll(stage, { text: 'no such TOPIC' });
      assert.ok(found !== undefined);
      const { createdAt, updatedAt, ...rest } = found;
      assert.equal(createdAt, updatedAt);
      assert.deepEqual(rest, {
        ...{ id, saga: 'place-order', version: 1, hash: 'aa11', status: 'parked', paused: false, startKey: 's' },
        ...{ current: ['reserve'], tags: { a: '1' }, parked: why, failure, finishedAt: null, wakeAt: null },
      });
    },
  },
  {
    name: 'refuses filters, cursors and limits that cannot be meant',
    async run(stage) {
      const { list, counts } = createInstances({ store: stage.store });
      await insertSamples(stage, {}, {});
      const wrong = [
        { status: [] },
        { status: 'done' },
        { version: 0 },
        { saga: '' },
        { text: 'a\u0000' },
        { createdAfter: Number.NaN },
        { createdBefore: new Date('x') },
        { tag: { name: 'a' } },
        { paused: 'yes' },
        { stauts: 'parked' },
      ];
      for (const filter of wrong) {
        await assert.rejects(list(filter as InstanceFilter), { code: 'FILTER_INVALID' }, JSON.stringify(filter));
      }
      for (const page of [{ limit: 0 }, { limit: 501 }, { examine: 0 }, { order: 'random' as 'newest' }])
        await assert.rejects(list({}, page), { code: 'OPTION_INVALID' });
      await assert.rejects(counts({ countTo: 0 }), { code: 'OPTION_INVALID' });
      const { cursor } = await list({ status: 'running' }, { limit: 1 });
      assert.ok(cursor !== null);
      const forged = Buffer.from(JSON.stringify([1, 'newest', 'x', 1, 'id'])).toString('base64url');
      for (const one of ['', 'x', forged, `${cursor}x`, 'a'.repeat(1_000)])
        await assert.rejects(list({ status: 'running' }, { cursor: one }), { code: 'CURSOR_INVALID' }, one);
      await assert.rejects(list({ status: 'parked' }, { cursor }), { code: 'CURSOR_INVALID' });
      await assert.rejects(list({ status: 'running' }, { cursor, order: 'oldest' }), { code: 'CURSOR_INVALID' });
    },
  },
  {
    name: 'counts instances by saga, version and status, up to a bound',
    async run(stage) {
      await insertAssortment(stage);
      const { counts } = createInstances({ store: stage.store });
      const { groups, paused } = await counts();
      const said = groups.map(({ saga, version, status, count }) => `${saga} ${version} ${status} ${count}`);
      assert.deepEqual(said, [
        ...[
          'other 1 completed 1',
          'place-order 1 running 2',
          'place-order 1 completed 2',
          'place-order 1 compensated 1',
        ],
        ...['place-order 2 running 1', 'place-order 2 completed 1', 'place-order 2 parked 1'],
        ...['place-order 3 compensating 1', 'return-order 1 running 1', 'return-order 1 parked 1'],
      ]);
      assert.deepEqual(paused, { count: 1, isMore: false });
      const bounded = await counts({ saga: 'place-order', version: 1, countTo: 1 });
      assert.deepEqual(
        bounded.groups.map(({ status, count, isMore }) => [status, count, isMore]),
        [
          ['running', 1, true],
          ['completed', 1, true],
          ['compensated', 1, false],
        ],
      );
      assert.deepEqual(await counts({ saga: 'nobody' }), { groups: [], paused: { count: 0, isMore: false } });
    },
  },
];
