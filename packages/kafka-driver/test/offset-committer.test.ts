import { silentLogger } from '@backstitch/messaging';
import { expect, it } from 'vitest';
import { createOffsetCommitter } from '../src/offset-committer.js';
import { createOffsetLedger, type PartitionOffset } from '../src/offset-ledger.js';
import { createOneSignal } from '../src/one-signal.js';

const offsetsIn = (offsets: readonly PartitionOffset[]): string =>
  offsets.map(({ topic, partition, offset }) => `${topic}/${partition}:${offset}`).join(' ');

it('sends what is handled, and nothing twice', async () => {
  const sent: string[] = [];
  const committer = createOffsetCommitter(silentLogger);
  const ledger = createOffsetLedger();
  committer.through(async (request) => void sent.push(offsetsIn(request)));
  ledger.handled('orders', 0, 5n);
  ledger.handled('orders', 1, 6n);
  await committer.commit(() => ledger);
  await committer.commit(() => ledger);
  expect(sent).toEqual(['orders/0:5 orders/1:6']);
});

it('keeps what the broker did not take for the next time, and does not reject', async () => {
  let fails = true;
  const sent: string[] = [];
  const committer = createOffsetCommitter(silentLogger);
  const ledger = createOffsetLedger();
  committer.through(async (request) => {
    if (fails) throw new Error('REBALANCE_IN_PROGRESS');
    sent.push(offsetsIn(request));
  });
  ledger.handled('orders', 0, 5n);
  await committer.commit(() => ledger);
  expect(ledger.pending()).toHaveLength(1);
  fails = false;
  await committer.commit(() => ledger);
  expect(sent).toHaveLength(1);
});

it('sends one commit at a time, and the later one with what was handled meanwhile', async () => {
  const sent: string[] = [];
  const gate = createOneSignal();
  const committer = createOffsetCommitter(silentLogger);
  const ledger = createOffsetLedger();
  committer.through(async (request) => {
    sent.push(offsetsIn(request));
    await gate.raised;
  });
  ledger.handled('orders', 0, 5n);
  const commits = [committer.commit(() => ledger), committer.commit(() => ledger), committer.commit(() => ledger)];
  ledger.handled('orders', 0, 8n);
  expect(sent).toHaveLength(1);
  gate.raise();
  await Promise.all(commits);
  expect(sent.map((request) => /:(\d+)/.exec(request)?.[1])).toEqual(['5', '8']);
});

it('sends nothing of an assignment that ended while it waited', async () => {
  const sent: string[] = [];
  const gate = createOneSignal();
  const committer = createOffsetCommitter(silentLogger);
  let ledger = createOffsetLedger();
  committer.through(async (request) => {
    sent.push(offsetsIn(request));
    await gate.raised;
  });
  ledger.handled('orders', 0, 5n);
  const first = committer.commit(() => ledger);
  ledger.handled('orders', 0, 8n);
  const second = committer.commit(() => ledger);
  ledger = createOffsetLedger();
  gate.raise();
  await Promise.all([first, second]);
  expect(sent).toHaveLength(1);
});

it('has nowhere to send before a batch came', async () => {
  const ledger = createOffsetLedger();
  ledger.handled('orders', 0, 5n);
  await createOffsetCommitter(silentLogger).commit(() => ledger);
  expect(ledger.pending()).toHaveLength(1);
});
