import { randomBytes } from 'node:crypto';
import { createInMemoryBroker, createSeededRandom, type InMemoryBroker } from '@backstitch/messaging/testing';
import type { MemoryTransaction } from '@backstitch/postgres/testing';
import type { SagaDefinition } from '../definition/step-definition.js';
import { createSagaEngine, type SagaEngine } from '../engine/saga-engine.js';
import { SagaError } from '../errors.js';
import { uuidV7 } from '../exchange/uuid-v7.js';
import { createParticipantRunner, type ParticipantRunner } from '../participant/participant-runner.js';
import { memoryEngineGround, memoryParticipantGround } from './memory-ground.js';
import { databaseNowMs, postgresEngineGround, postgresParticipantGround } from './postgres-ground.js';
import { createTestActivity, type TestActivity } from './test-activity.js';
import { createTestClock, type TestClock } from './test-clock.js';
import type { PlacedParticipant, TestEngine, TestEngineOptions } from './test-engine.js';
import { testEngineFace } from './test-engine-face.js';
import type { EngineGround, ParticipantGround } from './test-ground.js';
import { type OpenTestProcess, openTestProcess } from './test-process.js';
import { withChildren, withTrackedCalls } from './tracked-calls.js';
import { watchedStore } from './watched-store.js';

/** A participant of a test, and what it stands on. */
export interface TestMember {
  readonly name: string;
  readonly ground: ParticipantGround<unknown>;
  readonly process: OpenTestProcess<ParticipantRunner>;
}

/** What a test engine is made of. */
export interface TestStage<Trx> {
  readonly definitions: readonly SagaDefinition[];
  readonly broker: InMemoryBroker;
  readonly clock: TestClock;
  readonly activity: TestActivity;
  readonly ground: EngineGround<Trx>;
  readonly process: OpenTestProcess<SagaEngine<Trx>>;
  readonly members: readonly TestMember[];
}

interface Setting<Trx> {
  readonly options: TestEngineOptions<Trx>;
  readonly name: string;
  readonly schema: string;
  readonly random: () => number;
  readonly clock: TestClock;
  readonly activity: TestActivity;
  readonly broker: InMemoryBroker;
}

/**
 * Starts a test engine. Await its `close`.
 *
 * @throws SagaError OPTION_INVALID where a participant is given twice.
 */
export async function createTestEngine<Trx = MemoryTransaction>(
  options: TestEngineOptions<Trx>,
): Promise<TestEngine<Trx>> {
  const { seed = 1, faults, name = 'test', database } = options;
  const activity = createTestActivity();
  const startsAt = options.startsAt ?? (database === undefined ? Date.UTC(2026, 0, 1) : await databaseNowMs(database));
  const clock = createTestClock(startsAt, activity);
  const broker = createInMemoryBroker({ seed, clock: clock.exact, ...(faults === undefined ? {} : { faults }) });
  const schema = options.schema ?? `backstitch_test_${randomBytes(6).toString('hex')}`;
  const setting = { options, name, schema, random: createSeededRandom(seed).next, clock, activity, broker };
  const placed = (options.participants ?? []).map((each) => ('participant' in each ? each : { participant: each }));
  refuseTwice(placed);
  const ground = await engineGround(setting);
  await broker.transport().ensureTopics((options.topics ?? []).map((topic) => ({ topic })));
  const members: TestMember[] = [];
  for (const each of placed) members.push(await openMember(setting, each));
  const process = await openEngine(setting, ground);
  return testEngineFace({
    definitions: withChildren(options.sagas),
    broker,
    clock,
    activity,
    ground,
    process,
    members,
  });
}

function engineGround<Trx>({ options, schema, clock }: Setting<Trx>): Promise<EngineGround<Trx>> {
  const { database } = options;
  // Without a database the author's transactions are whatever the test says: no type can know.
  if (database === undefined)
    return Promise.resolve(memoryEngineGround({ clock, trx: standIn(options) }) as unknown as EngineGround<Trx>);
  return postgresEngineGround({ source: database, schema, isOwn: options.schema === undefined, nowMs: clock.now });
}

function standIn<Trx>(options: TestEngineOptions<Trx>): { readonly value: unknown } | undefined {
  return 'trx' in options ? { value: options.trx } : undefined;
}

function openEngine<Trx>(setting: Setting<Trx>, ground: EngineGround<Trx>): Promise<OpenTestProcess<SagaEngine<Trx>>> {
  const { options, name, random, activity } = setting;
  const sagas = withTrackedCalls(options.sagas, activity);
  const bytes = (): Uint8Array => Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256));
  return openTestProcess({
    ...setting,
    outbox: ground.outbox,
    logger: options.logger,
    make: ({ life, transport, relay, clock }) =>
      createSagaEngine<Trx>({
        ...{ name, sagas, transport, relay },
        store: watchedStore(ground.store, life),
        clock,
        newId: (nowMs) => uuidV7(nowMs, bytes()),
        ...(options.logger === undefined ? {} : { logger: options.logger }),
      }),
  });
}

async function openMember<Trx>(setting: Setting<Trx>, placed: PlacedParticipant): Promise<TestMember> {
  const { options, name: orchestrator } = setting;
  const { participant } = placed;
  const ground = await memberGround(setting, placed);
  const process = await openTestProcess({
    ...setting,
    name: participant.name,
    outbox: ground.outbox,
    logger: options.logger,
    make: ({ life, transport, relay }) =>
      createParticipantRunner<unknown>({
        ...{ participant, transport, relay },
        orchestrators: [orchestrator],
        store: watchedStore(ground.store, life),
        ...(options.logger === undefined ? {} : { logger: options.logger }),
      }),
  });
  return { name: participant.name, ground, process };
}

function memberGround<Trx>(setting: Setting<Trx>, placed: PlacedParticipant): Promise<ParticipantGround<unknown>> {
  const { options, clock } = setting;
  const source = placed.database ?? options.database;
  if (source === undefined) return Promise.resolve(memoryParticipantGround({ clock, trx: standIn(options) }));
  const schema =
    placed.schema ?? `${setting.schema}_${placed.participant.name.toLowerCase().replaceAll(/[^a-z0-9]/g, '_')}`;
  const isOwn = placed.schema === undefined && options.schema === undefined;
  return postgresParticipantGround<unknown>({ source, schema, isOwn, nowMs: clock.now });
}

function refuseTwice(placed: readonly PlacedParticipant[]): void {
  const names = placed.map(({ participant }) => participant.name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new SagaError('OPTION_INVALID', `participant '${twice}' is given twice`, {
    fields: { field: 'participants', value: names },
    hint: 'give each once',
  });
}
