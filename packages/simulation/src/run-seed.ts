import { type Choices, seededChoices, tapedChoices } from './choices.js';
import { bootEngine, type RunningEngine } from './engine-process.js';
import { drawFaultPlan, drawPace, type FaultPlan } from './fault-plan.js';
import { createHistory, type Happening } from './history.js';
import { restingRows, worldFaults } from './invariants/world-faults.js';
import type { Mutant } from './mutants/mutant.js';
import { bootParticipant } from './participant-process.js';
import { createProcessSlot, type ProcessSlot } from './process-slot.js';
import { createScheduler, type Waiting } from './scheduler.js';
import type { Situation } from './sightings.js';
import { installVirtualGlobals } from './virtual-globals.js';
import { type ClientBooks, mend, perform } from './workload/client.js';
import { drawScript } from './workload/script.js';
import { definitionsIn, sagaSet } from './workload/sagas.js';
import { nobody } from './workload/author-host.js';
import { createWorld, type World } from './world.js';

/** One run: what came of it. */
export interface RunReport {
  /** The same for the same seed, on every machine. */
  readonly hash: string;
  /** Sentences; none where every promise was kept. */
  readonly violations: readonly string[];
  readonly sightings: ReadonlyMap<Situation, number>;
  readonly steps: number;
  readonly virtualMs: number;
  /** What clients and operators set out to do. */
  readonly deeds: number;
  /** Every choice that was made: with it the run can be had again, and be made simpler. */
  readonly tape: readonly number[];
  /** Word for word, where that was asked for. */
  readonly happenings: readonly Happening[];
}

export interface RunOptions {
  readonly mutant?: Mutant | undefined;
  readonly keepsWords?: boolean;
}

export function runSeed(seed: number, options: RunOptions = {}): Promise<RunReport> {
  return run(seededChoices(seed), options);
}

export function runTape(tape: readonly number[], options: RunOptions = {}): Promise<RunReport> {
  return run(tapedChoices(tape), options);
}

const participants = ['stock', 'bank'] as const;
const startMs = Date.UTC(2026, 0, 1);
/** Longer than every patience of the sagas and every backoff together. */
const healingMs = 900_000;
const mostSteps = 60_000;

let lastRun: Promise<unknown> = Promise.resolve();

/** Runs take turns: each has the globals of its process to itself. */
function run(choices: Choices, options: RunOptions): Promise<RunReport> {
  const mine = lastRun.then(() => runNow(choices, options));
  lastRun = mine.catch(() => undefined);
  return mine;
}

async function runNow(choices: Choices, { mutant, keepsWords = false }: RunOptions): Promise<RunReport> {
  const history = createHistory(keepsWords);
  const pace = drawPace(choices);
  const plan = drawFaultPlan(choices);
  const scheduler = createScheduler({ choices, history, pace, startMs });
  const restore = installVirtualGlobals(scheduler, choices);
  try {
    const world = createWorld({ choices, scheduler, plan, participants, mutant });
    const { deeds, violations } = await play(world);
    history.note(
      scheduler.elapsed(),
      'world',
      restingRows(world)
        .map(({ id, state }) => id + state)
        .join(),
    );
    return {
      ...{ violations, deeds },
      hash: history.hash(),
      sightings: world.sightings.counts(),
      steps: scheduler.steps(),
      virtualMs: scheduler.elapsed(),
      tape: choices.tape(),
      happenings: history.happenings(),
    };
  } finally {
    restore();
  }
}

interface Cast {
  readonly engines: readonly ProcessSlot<RunningEngine>[];
  readonly all: readonly ProcessSlot<unknown>[];
}

async function play(world: World): Promise<{ readonly deeds: number; readonly violations: readonly string[] }> {
  const { choices, scheduler } = world;
  const cast = castOf(world);
  const books: ClientBooks = { acknowledged: new Map(), rolledBack: new Set(), open: 0 };
  const script = drawScript(choices, 1 + choices.below(3));
  for (const slot of cast.all) slot.begin();
  perform({ world, engines: cast.engines, books }, script);
  const troubleMs = 4_000 + choices.below(18_000);
  await scheduler.run({
    isOver: () => false,
    meddle: (waiting) => meddle(world, cast, waiting),
    ...{ withinMs: troubleMs, maxSteps: mostSteps },
  });
  world.heal();
  scheduler.note('world', 'heals');
  for (const slot of cast.all) if (slot.life()?.isFrozen()) slot.kill();
  // The roll-out is finished: every version is known to somebody.
  for (const slot of cast.engines) if (slot.running()?.service.knowledge !== 'both') slot.kill();
  const isAtRest = await scheduler.run({
    isOver: restWatch(world, cast, books),
    meddle: () => false,
    ...{ withinMs: healingMs, maxSteps: mostSteps },
  });
  const faults = worldFaults(world, books, ({ saga, version }) => definitions.get(`${saga}@${version}`));
  const violations = isAtRest || faults.length > 0 ? faults : ['25: all has healed, and it does not come to rest'];
  return { deeds: script.length, violations };
}

function castOf(world: World): Cast {
  const { choices } = world;
  const engines = Array.from({ length: 1 + choices.below(3) }, (_, index) =>
    createProcessSlot({ name: `engine-${index + 1}`, world, boot: (port) => bootEngine(world, port) }),
  );
  const others = participants.flatMap((name) =>
    Array.from({ length: 1 + choices.below(2) }, (_, index) =>
      createProcessSlot({
        name: `${name}-${index + 1}`,
        world,
        boot: (port) => bootParticipant(world, name, port),
      }),
    ),
  );
  return { engines, all: [...engines, ...others] };
}

/** Before somebody goes on: perhaps it dies here, or stands still. */
function meddle(world: World, { all }: Cast, { life, label }: Waiting): boolean {
  const { choices, sightings } = world;
  const plan: FaultPlan = world.plan();
  const slot = all.find((each) => each.life() === life);
  if (slot === undefined) return true;
  if (choices.chance(plan.crashChance)) {
    sightings.saw('a process died at a port call');
    if (label === 'committed') sightings.saw('a process died between its commit and what follows');
    world.scheduler.note(life.name, `is ended before: ${label}`);
    slot.kill();
    return true;
  }
  if (choices.chance(plan.freezeChance)) {
    slot.freeze(4_000 + choices.below(12_000));
    void life.gate(label).then(() => undefined);
    return false;
  }
  if (choices.chance(plan.jumpChance)) {
    sightings.saw('a clock jumped');
    life.jump(choices.below(7_200_000) - 3_600_000);
  }
  if (choices.chance(plan.outageChance)) {
    sightings.saw('the broker was gone');
    world.scheduler.note('world', 'the broker is gone');
    world.broker.outage();
    world.scheduler.setTimer(500 + choices.below(6_000), () => world.broker.heal());
  }
  return false;
}

/** Asked where nobody can go on: is everything done? What needs a person is mended meanwhile. */
function restWatch(world: World, { engines }: Cast, books: ClientBooks): () => boolean {
  let askedAt = 0;
  const mending = new Map<string, number>();
  return () => {
    const now = world.scheduler.now();
    if (now - askedAt < 400) return false;
    askedAt = now;
    if (books.open > 0) return false;
    const unfinished = world.engineGround.database.read((reader) =>
      reader
        .table<{ id: string; status: string; paused: boolean }>('saga_instances')
        .where(({ status, paused }) => paused || (status !== 'completed' && status !== 'compensated')),
    );
    const service = engines.flatMap((slot) => slot.running() ?? [])[0]?.service;
    let isWaiting = false;
    for (const { id, status, paused } of unfinished) {
      const tries = mending.get(id) ?? 0;
      const needsPerson = paused || status === 'parked';
      if (!needsPerson || (tries < 4 && service === undefined)) isWaiting = true;
      else if (tries < 4 && service !== undefined) {
        isWaiting = true;
        mending.set(id, tries + 1);
        mend({ world, engines, books }, service, id).catch(() => undefined);
      }
    }
    return !isWaiting && isDrained(world);
  };
}

function isDrained(world: World): boolean {
  const grounds = [world.engineGround, ...world.participantGrounds.values()];
  const isEmpty = grounds.every(
    ({ database }) =>
      database.read((reader) =>
        reader.table<{ status: string }>('outbox_events').where(({ status }) => status !== 'SENT'),
      ).length === 0,
  );
  return isEmpty && [...world.broker.groups().values()].flat().every(({ committed, end }) => committed >= end);
}

/** The definitions as such: nobody calls their functions. */
const definitions = definitionsIn(sagaSet(nobody()));
