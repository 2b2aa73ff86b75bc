import assert from 'node:assert/strict';
import { leaseMs, type OutboxConformanceCase, type OutboxStage } from './conformance-subject.js';
import { claimAll, idsOf, insertRows, newRow, only, refusal } from './new-row.js';

interface BlockedLane {
  readonly head: string;
  /** What stands behind the head, in order. */
  readonly behind: readonly string[];
}

/** A lane whose head FAILED, and so many rows behind it that a claim has come upon. */
async function blockedLane(stage: OutboxStage, rows = 4): Promise<BlockedLane> {
  const [head] = (await insertRows(stage, newRow({ maxRetries: 0 }))) as [string];
  const { epoch } = only(await claimAll(stage));
  await stage.store.settle([{ id: head, epoch, outcome: refusal }]);
  const behind = await insertRows(stage, ...Array.from({ length: rows }, () => newRow()));
  assert.deepEqual(await claimAll(stage, 1), []);
  assert.deepEqual(await claimAll(stage), []);
  return { head, behind };
}

type Way = readonly [
  name: string,
  free: (stage: OutboxStage, lane: BlockedLane) => Promise<unknown>,
  first: 'head' | 'gone',
];

const note = { actor: 'ada', reason: 'OPS-1' };
const ways: readonly Way[] = [
  ['requeued', (stage, { head }) => stage.operations.requeue([head], note), 'head'],
  ['parked', (stage, { head }) => stage.operations.park([head], note), 'gone'],
  ['dropped', (stage, { head }) => stage.operations.drop([head], note), 'gone'],
  ['withdrawn', (stage, { head }) => stage.transaction((tx) => stage.table.withdraw(tx, [head])), 'gone'],
  ['delivered', (stage, { head }) => stage.transaction((tx) => stage.table.markDelivered(tx, [head])), 'gone'],
  ['taken out of its lane', (stage, { head }) => stage.transaction((tx) => stage.table.leaveLane(tx, [head])), 'gone'],
  [
    'sent to another lane',
    (stage, { head }) => insertRows(stage, newRow({ id: head, key: 'k0', ordered: false })),
    'gone',
  ],
];

const released: readonly OutboxConformanceCase[] = ways.map(([name, free, first]) => ({
  name: `sends what stands behind a row that FAILED, in order, when that row is ${name}`,
  async run(stage) {
    const lane = await blockedLane(stage);
    await free(stage, lane);
    const late = await insertRows(stage, newRow());
    const claimed = idsOf(await claimAll(stage)).filter((id) => id !== lane.head || first === 'head');
    assert.deepEqual(claimed, [...(first === 'head' ? [lane.head] : []), ...lane.behind, ...late]);
  },
}));

export const blockedLaneCases: readonly OutboxConformanceCase[] = [
  ...released,
  {
    name: 'finds the free rows behind very many of a blocked lane, in one claim',
    async run(stage) {
      await blockedLane(stage, 1);
      await insertRows(stage, ...Array.from({ length: 400 }, () => newRow()));
      const [free] = await insertRows(stage, newRow({ key: 'free' }));
      assert.deepEqual(idsOf(await claimAll(stage, 4)), [free]);
    },
  },
  {
    name: 'counts, finds, parks and withdraws the rows of a blocked lane as others',
    async run(stage) {
      const { head, behind } = await blockedLane(stage);
      const [one, two, three, four] = behind as [string, string, string, string];
      const { pending, failed, blockedLanes } = await stage.store.counts();
      assert.deepEqual([pending, failed, blockedLanes], [4, 1, 1]);
      assert.equal(only(await stage.operations.blockedLanes({ limit: 9 })).waiting, 4);
      assert.deepEqual(await stage.operations.park([one], note), [one]);
      assert.deepEqual(await stage.transaction((tx) => stage.table.withdraw(tx, [two])), [two]);
      assert.deepEqual(await stage.transaction((tx) => stage.table.markDelivered(tx, [three])), [three]);
      assert.deepEqual(await stage.operations.unpark([one], note), [one]);
      assert.deepEqual(await claimAll(stage), []);
      await stage.operations.drop([head], note);
      assert.deepEqual(idsOf(await claimAll(stage)), [one, four]);
    },
  },
  {
    name: 'keeps a lane blocked behind its next row that FAILED when the first is out of the way',
    async run(stage) {
      const ids = await insertRows(stage, newRow({ maxRetries: 0 }), newRow({ maxRetries: 0 }), newRow());
      const [first, second, last] = ids as [string, string, string];
      const claimed = await claimAll(stage, 2);
      await stage.store.settle(claimed.map(({ id, epoch }) => ({ id, epoch, outcome: refusal })));
      assert.deepEqual(await claimAll(stage), []);
      await stage.operations.drop([first], note);
      assert.deepEqual(await claimAll(stage), []);
      await stage.operations.requeue([second], note);
      assert.deepEqual(idsOf(await claimAll(stage)), [second, last]);
    },
  },
  {
    name: 'sends a row that was blocked in one lane and is inserted once more into another',
    async run(stage) {
      const { behind } = await blockedLane(stage, 1);
      const [id] = behind as [string];
      await insertRows(stage, newRow({ id, key: 'elsewhere' }));
      assert.deepEqual(idsOf(await claimAll(stage)), [id]);
      await stage.elapse(leaseMs + 1);
      assert.deepEqual(idsOf(await claimAll(stage)), [id]);
    },
  },
];
