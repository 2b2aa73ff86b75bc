import type { RelayRun } from '../relay.js';
import { createLaneQueue } from './lane-queue.js';
import type { RelaySettings } from './relay-options.js';
import type { SentRow } from './send-outcomes.js';
import { createSender, released } from './sender.js';
import type { Settler } from './settler.js';

/**
 * Claims, sends and settles one batch. Rejects where the store does. It shares no queue with the loops of a started relay: their lanes are
 * disjoint, because a claim gives no row of a lane that is held.
 */
export async function runOnce(settings: RelaySettings, settler: Settler): Promise<RelayRun> {
  const { store, batchSize, batchBytes, leaseMs, monotonicNowMs } = settings;
  const rows = await store.claim({ limit: batchSize, leaseMs });
  const queue = createLaneQueue({ maxHeld: batchSize });
  // The pace after broker trouble is the caller's.
  const sender = createSender({ settings, queue, pause: { trouble: () => 0, recovered: () => undefined } });
  const outcomes: SentRow[] = [];
  queue.add(rows, monotonicNowMs());
  while (queue.waiting() > 0) {
    const limits = { maxRows: batchSize, maxBytes: batchBytes };
    const taken = queue.topics().map(({ topic }) => queue.take(topic, limits, monotonicNowMs()));
    const sent = await Promise.all(taken.map(({ batch }) => (batch.length === 0 ? [] : sender.send(batch))));
    outcomes.push(...released(taken.flatMap(({ givenBack }) => givenBack)), ...sent.flat());
  }
  const settled = outcomes.length === 0 ? [] : await settler.settle(outcomes);
  const count = (...kinds: readonly string[]): number =>
    outcomes.filter(({ outcome }) => kinds.includes(outcome.kind)).length;
  return {
    claimed: rows.length,
    sent: count('sent'),
    refused: count('refused'),
    released: count('released', 'unknown'),
    lost: settled.filter(({ kind }) => kind === 'lost').length,
  };
}
