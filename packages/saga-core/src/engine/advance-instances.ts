import type { AdvanceOptions } from './advance-options.js';
import type { Item, ReplyItem } from './item.js';
import { applyInput, type Leg, openLeg } from './leg.js';
import { announce, changeOf, type Prepared } from './prepared.js';
import { type Ready, readSituations } from './situation.js';
import { runSolo } from './solo-leg.js';

/** Applies items to their instances; resolves when what came of it is durable. */
export type Advance = (items: readonly Item[]) => Promise<void>;

/** Beyond this many rounds the items go back to where they came from: something saves the same instances without end. */
const maxRounds = 50;

/**
 * Instances are read without locks and saved with a check of their revision, one transaction for the whole batch; losers are read again. A leg
 * that runs the author's local code or takes commands back has a locked transaction of its own: it never shares one with another instance.
 */
export function createAdvance<Trx>(options: AdvanceOptions<Trx>): Advance {
  return async (items) => {
    let left = items;
    for (let round = 0; left.length > 0; round += 1) {
      if (round === maxRounds) throw new Error(`instances were still contended after ${maxRounds} rounds`);
      left = await advanceOnce(options, left);
    }
  };
}

async function advanceOnce<Trx>(options: AdvanceOptions<Trx>, items: readonly Item[]): Promise<readonly Item[]> {
  const situations = await readSituations(options.store, options.definitions, items);
  const batch: Prepared[] = [];
  const solo: Ready[] = [];
  const discarding: Prepared[] = [];
  for (const situation of situations) {
    if (situation.kind === 'unknown') await quarantine(options, situation.items, 'no such instance');
    else if (situation.kind === 'foreign') await postpone(options, situation.items);
    else {
      const leg = applyAll(options, situation);
      if (leg.questions.length > 0) solo.push(situation);
      else if (leg.changed || situation.woken) batch.push({ ready: situation, leg });
      if (leg.questions.length === 0 && leg.discarded.length > 0) discarding.push({ ready: situation, leg });
    }
  }
  const losers = await saveSplitting(options, batch);
  const contended: Ready[] = [];
  await inParallel(solo, options.soloConcurrency, async (ready) => {
    if ((await soloOrQuarantine(options, ready)) === 'contended') contended.push(ready);
  });
  const lost = new Set(losers.map((ready) => ready.sagaId));
  await countDiscards(
    options,
    discarding.filter(({ ready }) => !lost.has(ready.sagaId)),
  );
  return [...losers, ...contended].flatMap((ready) => ready.items);
}

function applyAll<Trx>({ sender }: AdvanceOptions<Trx>, { definition, stored, inputs, now }: Ready): Leg {
  const leg = openLeg(definition, stored.instance);
  for (const input of inputs) {
    applyInput(leg, input, { now, sender });
    // What follows depends on answers that only a transaction of its own can give.
    if (leg.questions.length > 0) return leg;
  }
  return leg;
}

/** One transaction for all. Where it fails for other than passing reasons it is halved until what is to blame stands alone. */
async function saveSplitting<Trx>(options: AdvanceOptions<Trx>, batch: readonly Prepared[]): Promise<readonly Ready[]> {
  const [first] = batch;
  if (first === undefined) return [];
  try {
    return await saveBatch(options, batch);
  } catch (error) {
    const failure = options.store.classify(error);
    if (failure === 'infrastructure') throw error;
    if (failure === 'conflict') return batch.map(({ ready }) => ready);
    if (batch.length === 1) {
      await blame(options, first.ready, error);
      return [];
    }
    const middle = Math.ceil(batch.length / 2);
    const before = await saveSplitting(options, batch.slice(0, middle));
    return [...before, ...(await saveSplitting(options, batch.slice(middle)))];
  }
}

async function saveBatch<Trx>(options: AdvanceOptions<Trx>, batch: readonly Prepared[]): Promise<readonly Ready[]> {
  const { store, bornLeaseMs } = options;
  const changes = batch.map((prepared) => changeOf(prepared, prepared.ready.stored.revision, prepared.ready.now));
  const { saved, claimed } = await store.transaction((tx) => tx.save(changes, { bornLeaseMs }));
  options.publish(claimed);
  const won = new Set(saved);
  for (const { ready, leg } of batch) if (won.has(ready.sagaId)) announce(options, leg);
  return batch.filter(({ ready }) => !won.has(ready.sagaId)).map(({ ready }) => ready);
}

async function soloOrQuarantine<Trx>(options: AdvanceOptions<Trx>, ready: Ready): Promise<'done' | 'contended'> {
  try {
    await runSolo(options, ready);
  } catch (error) {
    const failure = options.store.classify(error);
    if (failure === 'infrastructure') throw error;
    if (failure === 'conflict') return 'contended';
    await blame(options, ready, error);
  }
  return 'done';
}

async function blame<Trx>(options: AdvanceOptions<Trx>, ready: Ready, error: unknown): Promise<void> {
  const reason = error instanceof Error ? error.message : String(error);
  options.logger.error(
    { sagaId: ready.sagaId, saga: ready.definition.name, err: error },
    'an input of this saga cannot be stored',
  );
  await quarantine(options, ready.items, `cannot be stored: ${reason}`);
}

async function quarantine<Trx>(
  { store, logger }: AdvanceOptions<Trx>,
  items: readonly Item[],
  reason: string,
): Promise<void> {
  const replies = items.filter((item): item is ReplyItem => item.kind === 'reply');
  if (replies.length === 0) return;
  logger.warn({ sagaId: replies[0]?.sagaId, count: replies.length, reason }, 'reply quarantined');
  await store.quarantine(replies.map(({ record }) => ({ ...record, reason })));
}

/** A reply for a definition that this process lacks is kept for one that has it; only then may the broker forget it. */
async function postpone<Trx>({ store }: AdvanceOptions<Trx>, items: readonly Item[]): Promise<void> {
  const letters = items.flatMap((item) =>
    item.kind === 'reply' ? [{ id: item.letterId, sagaId: item.sagaId, input: item.input }] : [],
  );
  if (letters.length > 0) await store.transaction((tx) => tx.post(letters));
}

async function countDiscards<Trx>({ store }: AdvanceOptions<Trx>, prepared: readonly Prepared[]): Promise<void> {
  const counts = prepared.flatMap(({ ready, leg }) =>
    leg.discarded
      .filter(({ reason }) => reason !== 'not due' && reason !== 'held')
      .map(({ step, reason }) => ({ sagaId: ready.sagaId, step, reason, count: 1 })),
  );
  if (counts.length > 0) await store.countDiscards(counts);
}

async function inParallel<T>(items: readonly T[], limit: number, work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: Math.min(limit, left.length) }, worker));
}
