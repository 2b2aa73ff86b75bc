import type { AdvanceOptions } from './advance-options.js';
import { blame, quarantineReplies } from './blame.js';
import type { Item } from './item.js';
import { applyInput, type Leg, openLeg } from './leg.js';
import { announce, changeOf, type Prepared } from './prepared.js';
import type { NewLetter } from './saga-store.js';
import { type Ready, readSituations, type Situation } from './situation.js';
import { createSoloLegs, type SoloLegs } from './solo-legs.js';

/** Applies items to their instances. */
export interface Advance {
  /**
   * Resolves when what came of the items is durable, save for those that it answers: their instances' legs run the author's code, and go on by
   * themselves until the promise beside them settles.
   */
  (items: readonly Item[]): Promise<ReadonlyMap<Item, Promise<void>>>;
  /** Whether a leg of this instance is under way by itself: it then looks at the clock by itself, too. */
  isBusy(sagaId: string): boolean;
}

/** Beyond this many rounds the items go back to where they came from: something saves the same instances without end. */
const maxRounds = 50;

interface Advancing<Trx> {
  readonly options: AdvanceOptions<Trx>;
  readonly solos: SoloLegs;
  readonly later: Map<Item, Promise<void>>;
  readonly round: number;
}

/**
 * Instances are read without locks and saved with a check of their revision, one transaction for the whole batch; losers are read again. A leg
 * that runs the author's local code or takes commands back has a locked transaction of its own: it never shares one with another instance, and
 * nobody else's items wait for it.
 */
export function createAdvance<Trx>(options: AdvanceOptions<Trx>): Advance {
  const solos = createSoloLegs(options);
  const advance = async (items: readonly Item[]): Promise<ReadonlyMap<Item, Promise<void>>> => {
    const later = new Map<Item, Promise<void>>();
    await advanceAll({ options, solos, later, round: 0 }, items);
    return later;
  };
  return Object.assign(advance, { isBusy: solos.isBusy });
}

async function advanceAll<Trx>(advancing: Advancing<Trx>, items: readonly Item[]): Promise<void> {
  let left = items;
  for (let round = advancing.round; left.length > 0; round += 1) {
    if (round >= maxRounds) throw new Error(`instances were still contended after ${maxRounds} rounds`);
    left = await advanceOnce({ ...advancing, round }, left);
  }
}

/** Items of one instance, and whatever has to go on by itself for them. */
async function advanceWhole<Trx>(advancing: Advancing<Trx>, items: readonly Item[]): Promise<void> {
  const later = new Map<Item, Promise<void>>();
  await advanceAll({ ...advancing, later }, items);
  await Promise.all(later.values());
}

async function advanceOnce<Trx>(advancing: Advancing<Trx>, items: readonly Item[]): Promise<readonly Item[]> {
  const { options, solos } = advancing;
  const situations = await readSplitting(options, queueBehindSolos(advancing, items));
  const batch: Prepared[] = [];
  const discarding: Prepared[] = [];
  const again: Item[] = [];
  for (const situation of situations) {
    if (situation.kind === 'unknown') await quarantineReplies(options, situation.items, 'no such instance');
    else if (situation.kind === 'foreign') await postpone(options, situation.items);
    // While another one was put aside, an earlier batch may have begun a leg of this instance.
    else if (solos.isBusy(situation.sagaId)) queueBehindSolos(advancing, situation.items);
    else {
      const leg = await applyOrBlame(options, situation);
      if (leg === 'read again') again.push(...situation.items);
      if (leg === undefined || leg === 'read again') continue;
      if (leg.questions.length > 0 || waitsForLocks(situation)) goOnAlone(advancing, situation);
      else if (leg.changed || situation.woken) batch.push({ ready: situation, leg });
      if (leg.questions.length === 0 && leg.discarded.length > 0) discarding.push({ ready: situation, leg });
    }
  }
  const losers = await saveSplitting(options, batch);
  const lost = new Set(losers.map((ready) => ready.sagaId));
  await countDiscards(
    options,
    discarding.filter(({ ready }) => !lost.has(ready.sagaId)),
  );
  for (const sagaId of lost) options.cache.forget(sagaId);
  return [...again, ...losers.flatMap((ready) => ready.items)];
}

/**
 * What comes in for an instance whose leg is under way waits for that leg: here, not for the lock of its row in a batch that others share. A
 * wake is dropped, the leg sets the clock anew. Answers the items that need not wait.
 */
function queueBehindSolos<Trx>(advancing: Advancing<Trx>, items: readonly Item[]): readonly Item[] {
  const { solos } = advancing;
  const waiting = new Map<string, Item[]>();
  for (const item of items) {
    if (!solos.isBusy(item.sagaId)) continue;
    const group = waiting.get(item.sagaId) ?? [];
    waiting.set(item.sagaId, group);
    if (item.kind !== 'wake') group.push(item);
  }
  for (const [sagaId, group] of waiting) {
    if (group.length === 0) continue;
    goOnLater(
      advancing,
      group,
      solos.over(sagaId).then(() => advanceWhole({ ...advancing, round: 0 }, group)),
    );
  }
  return waiting.size === 0 ? items : items.filter((item) => !waiting.has(item.sagaId));
}

function goOnAlone<Trx>(advancing: Advancing<Trx>, ready: Ready): void {
  advancing.options.cache.forget(ready.sagaId);
  const run = async (): Promise<void> => {
    if ((await advancing.solos.run(ready)) === 'contended')
      await advanceWhole({ ...advancing, round: advancing.round + 1 }, ready.items);
  };
  goOnLater(advancing, ready.items, run());
}

function goOnLater<Trx>({ later }: Advancing<Trx>, items: readonly Item[], over: Promise<void>): void {
  // Whoever waits for an item hears of its error; until somebody does, it must not end the process.
  over.catch(() => undefined);
  for (const item of items) later.set(item, over);
}

/**
 * Its row is locked by whoever leaves one of its queues, beside the rows of those that leave: were it in a batch with such a one, they could wait
 * for each other.
 */
function waitsForLocks({ stored }: Ready): boolean {
  return stored.instance.state.locks?.status === 'waiting';
}

/** An instance that cannot be read (it was damaged, or a newer release wrote it) must not keep the others from being read. */
async function readSplitting<Trx>(options: AdvanceOptions<Trx>, items: readonly Item[]): Promise<readonly Situation[]> {
  if (items.length === 0) return [];
  try {
    return await readSituations(options, items);
  } catch (error) {
    const failure = options.store.classify(error);
    if (failure !== 'other' && failure !== 'poison') throw error;
    const ids = [...new Set(items.map((item) => item.sagaId))];
    const [sagaId] = ids;
    if (sagaId !== undefined && ids.length === 1) {
      await blame(options, { sagaId, items }, error);
      return [];
    }
    const before = new Set(ids.slice(0, Math.ceil(ids.length / 2)));
    return [
      ...(await readSplitting(
        options,
        items.filter((item) => before.has(item.sagaId)),
      )),
      ...(await readSplitting(
        options,
        items.filter((item) => !before.has(item.sagaId)),
      )),
    ];
  }
}

/** An input that means nothing to an instance as it is remembered may mean something to it as it is. */
async function applyOrBlame<Trx>(options: AdvanceOptions<Trx>, ready: Ready): Promise<Leg | 'read again' | undefined> {
  const { isRemembered, sagaId } = ready;
  try {
    const leg = applyAll(options, ready);
    if (!isRemembered || leg.discarded.length === 0) return leg;
  } catch (error) {
    if (!isRemembered) {
      await blame(options, ready, error);
      return undefined;
    }
  }
  options.cache.forget(sagaId);
  return 'read again';
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
    // Whether it was committed may be unknown.
    for (const { ready } of batch) options.cache.forget(ready.sagaId);
    // Not the data's fault: the same replies will do once the table, the right or the time is there.
    if (failure === 'infrastructure' || failure === 'refused') throw error;
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
  const { saved, claimed, freed } = await store.transaction((tx) => tx.save(changes, { bornLeaseMs }));
  options.publish(claimed);
  options.wake(freed);
  const won = new Set(saved);
  for (const { ready, leg } of batch) {
    if (!won.has(ready.sagaId)) continue;
    const { revision, tags } = ready.stored;
    options.cache.keep({ instance: leg.instance, revision: revision + 1, tags }, ready.stored);
    announce(options, leg);
  }
  return batch.filter(({ ready }) => !won.has(ready.sagaId)).map(({ ready }) => ready);
}

/**
 * A reply for a definition that this process lacks is kept for one that has it; only then may the broker forget it. So is the outcome of a call
 * that was begun before its instance was moved to such a definition: it need not be made again.
 */
async function postpone<Trx>({ store }: AdvanceOptions<Trx>, items: readonly Item[]): Promise<void> {
  const letters = items.flatMap(letterOf);
  if (letters.length > 0) await store.transaction((tx) => tx.post(letters));
}

function letterOf(item: Item): readonly NewLetter[] {
  if (item.kind === 'wake') return [];
  const { sagaId, input } = item;
  if (item.kind === 'reply') return [{ id: item.letterId, sagaId, input }];
  if (input.kind !== 'callFinished') return [];
  const { step, round, direction, attempt } = input;
  return [{ id: `call/${step}/${round}/${direction}/${attempt}`, sagaId, input }];
}

async function countDiscards<Trx>({ store }: AdvanceOptions<Trx>, prepared: readonly Prepared[]): Promise<void> {
  const counts = prepared.flatMap(({ ready, leg }) =>
    leg.discarded
      .filter(({ reason }) => reason !== 'not due' && reason !== 'held')
      .map(({ step, reason }) => ({ sagaId: ready.sagaId, step, reason, count: 1 })),
  );
  if (counts.length > 0) await store.countDiscards(counts);
}
