import { replyTopic, SagaError } from '@backstitch/saga-core';
import { orchestrator, type RunningEngine } from '../engine-process.js';
import { forgedToken } from '../invariants/acknowledged-batch.js';
import type { ProcessSlot } from '../process-slot.js';
import type { World } from '../world.js';
import { type Deed, definitionOf } from './script.js';

/** What clients were told. */
export interface ClientBooks {
  /** Start key to the instance that was acknowledged. */
  readonly acknowledged: Map<string, string>;
  /** Keys of starts whose transaction was rolled back, and that were never started otherwise. */
  readonly rolledBack: Set<string>;
  /** Deeds that are not over. */
  open: number;
}

export interface ClientParts {
  readonly world: World;
  readonly engines: readonly ProcessSlot<RunningEngine>[];
  readonly books: ClientBooks;
}

type Start = Deed & { readonly kind: 'start' };
type Running = NonNullable<ReturnType<ProcessSlot<RunningEngine>['running']>>;

/** Puts the deeds of a script on the clock. */
export function perform(parts: ClientParts, script: readonly Deed[]): void {
  const { world, books } = parts;
  for (const deed of script) {
    books.open += 1;
    world.scheduler.setTimer(deed.atMs, () => attempt(parts, deed, 0));
  }
}

/** Once more a little later where it did not come through: a client does not know what became of it. */
function attempt(parts: ClientParts, deed: Deed, tries: number): void {
  const { world, books, engines } = parts;
  const close = (): void => {
    books.open -= 1;
  };
  const again = (): void => {
    const isWorthIt = deed.kind === 'start' || tries < 6;
    if (isWorthIt) world.scheduler.setTimer(200 + world.choices.below(1_500), () => attempt(parts, deed, tries + 1));
    else close();
  };
  const up = engines.flatMap((slot) => slot.running() ?? []);
  const chosen = up.length === 0 ? undefined : up[world.choices.below(up.length)];
  if (chosen === undefined) {
    again();
    return;
  }
  let isOver = false;
  const once = (run: () => void): void => {
    if (isOver) return;
    isOver = true;
    forget();
    run();
  };
  const forget = chosen.life.onDeath(() => once(again));
  world.scheduler.note(chosen.life.name, `is asked: ${deed.kind}${'verb' in deed ? ` ${deed.verb}` : ''}`);
  ask(parts, deed, chosen).then(
    (answer) => once(answer === 'again' ? again : close),
    () => once(again),
  );
}

async function ask(parts: ClientParts, deed: Deed, running: Running): Promise<'done' | 'again'> {
  switch (deed.kind) {
    case 'start':
      return deed.within === undefined ? await start(parts, deed, running) : await startWithin(parts, deed, running);
    case 'verb':
      return await say(parts, deed, running);
    case 'forge':
      return forge(parts, deed);
    case 'migrate':
      return await migrate(running);
    case 'echo':
      return echo(parts);
    default:
      return deed satisfies never;
  }
}

async function start({ books }: ClientParts, deed: Start, { service }: Running): Promise<'done' | 'again'> {
  const { engine, sagas, knowledge } = service;
  const saga = definitionOf(deed.saga, sagas, knowledge !== 'first');
  const { id } = await engine.start(saga, { input: deed.input, idempotencyKey: deed.key });
  acknowledge(books, deed.key, id);
  return 'done';
}

function acknowledge(books: ClientBooks, key: string, id: string): void {
  books.acknowledged.set(key, id);
  books.rolledBack.delete(key);
}

class RolledBack extends Error {}

/** In a transaction of the client's own, which may end either way. */
async function startWithin(
  { books, world }: ClientParts,
  deed: Start,
  { service }: Running,
): Promise<'done' | 'again'> {
  const { engine, sagas, knowledge, database } = service;
  const saga = definitionOf(deed.saga, sagas, knowledge !== 'first');
  try {
    const id = await database.transaction(async (trx) => {
      trx.table('orders').set(deed.key, { key: deed.key });
      const handle = await engine.start(saga, { input: deed.input, idempotencyKey: deed.key, trx });
      if (deed.within === 'roll back') throw new RolledBack();
      return handle.id;
    });
    acknowledge(books, deed.key, id);
  } catch (error) {
    if (!(error instanceof RolledBack)) throw error;
    world.sightings.saw('a start in a transaction that rolled back left nothing');
    if (!books.acknowledged.has(deed.key)) books.rolledBack.add(deed.key);
  }
  return 'done';
}

type Say = Deed & { readonly kind: 'verb' };

async function say({ books, world }: ClientParts, { key, verb }: Say, { service }: Running): Promise<'done' | 'again'> {
  const id = books.acknowledged.get(key);
  if (id === undefined) return 'again';
  const { engine } = service;
  const note = { actor: 'ada', reason: 'because' };
  try {
    if (verb === 'signal') await engine.signal(id, { step: 'approval', id: `${key}-said`, body: { yes: true } });
    else if (verb === 'skip') await engine.skip(id, { ...note, step: 'charge', output: { by: 'ada' } });
    else await engine[verb](id, note);
    if (verb === 'cancel') world.sightings.saw('a saga was cancelled while it ran');
    if (verb === 'resume') world.sightings.saw('a saga was paused and resumed');
  } catch (error) {
    if (!(error instanceof SagaError)) throw error;
    if (error.code === 'VERSION_UNKNOWN') return 'again';
    if (verb === 'cancel' && error.code === 'VERB_REFUSED') world.sightings.saw('a cancel was refused after the pivot');
  }
  return 'done';
}

/** Somebody writes a reply that is not theirs to give. */
function forge({ books, world }: ClientParts, { key }: Deed & { readonly kind: 'forge' }): 'done' | 'again' {
  const id = books.acknowledged.get(key);
  const topic = replyTopic(orchestrator, 'bank');
  const real = world.broker
    .topics()
    .get(topic)
    ?.find((record) => record.key === id)?.value;
  if (id === undefined || typeof real !== 'string') return 'again';
  // As if the charge had been declined, with a token of another command.
  const value = real.replace(/"replytoken":"[^"]*"/, `"replytoken":"${forgedToken}"`);
  world.broker.write({ topic, key: id, value });
  return 'done';
}

function echo({ world }: ClientParts): 'done' {
  const { choices, broker, sightings } = world;
  // What the broker never took cannot come again, unless it is a broker that loses: then what was lost comes late.
  const written = new Set([...broker.topics().values()].flat().map(({ value }) => value));
  const loses = (world.plan().broker.lossAfterAckChance ?? 0) > 0;
  const sent = world.sent.filter(({ value }) => loses || written.has(value));
  // Most telling is a command that was undone since.
  const undone = sent.filter(
    ({ key, value }) =>
      value.includes('/do"') &&
      sent.some((other) => other.key === key && other.value.includes(`"${commandOf(value).replace(/do$/, 'undo')}"`)),
  );
  const among = undone.length > 0 && choices.chance(0.7) ? undone : sent;
  const record = among[choices.below(Math.max(1, among.length))];
  if (record === undefined) return 'done';
  sightings.saw('a record came again long after');
  broker.write(record);
  return 'done';
}

function commandOf(value: string): string {
  return /"commandid":"([^"]*)"/.exec(value)?.[1] ?? '';
}

async function migrate({ service }: Running): Promise<'done' | 'again'> {
  if (service.knowledge === 'first') return 'again';
  await service.engine.migrateInstances(service.sagas.carry, { actor: 'ada', reason: 'a new version' });
  return 'done';
}

/** Mends what needs a person, until nothing does: what no verb is allowed for any more is left as it stands. */
export async function mend({ world }: ClientParts, { engine }: RunningEngine, sagaId: string): Promise<void> {
  const note = { actor: 'ada', reason: 'the world has healed' };
  const view = await engine.find(sagaId);
  if (view === undefined) return;
  if (view.paused) await engine.resume(sagaId, note);
  if (view.status !== 'parked') return;
  try {
    await engine.retry(sagaId, note);
  } catch (error) {
    // Where the step itself may have had its effect, a person says to turn back.
    if (!(error instanceof SagaError)) throw error;
    await engine.compensate(sagaId, note);
  }
  world.sightings.saw('a parked saga was mended');
}
