import { randomUUID } from 'node:crypto';
import { commandId } from '@backstitch/messaging';
import type { NewOutboxRow } from '@backstitch/outbox';
import type {
  DefinitionKey,
  InstanceChange,
  NewLetter,
  NewStoredInstance,
  StoredInstance,
} from '../../engine/saga-store.js';
import type { InstanceState, SagaInstance } from '../../machine/instance.js';
import type { JournalEntry } from '../../machine/journal-event.js';
import type { SagaInput } from '../../machine/saga-input.js';
import type { SagaStoreStage } from './saga-store-subject.js';

export const placeOrder: DefinitionKey = { saga: 'place-order', version: 1, hash: 'aa11' };

export interface SampleOptions extends Partial<DefinitionKey> {
  readonly id?: string;
  readonly input?: unknown;
  readonly sent?: unknown;
  readonly now?: number;
  /** From now. Default an hour. */
  readonly wakeInMs?: number;
  readonly wakeAt?: number | null;
  readonly messages?: readonly NewOutboxRow[];
  readonly tags?: Readonly<Record<string, string>>;
  readonly startKey?: string | null;
  readonly state?: Partial<InstanceState>;
}

/** An instance that has dispatched its first step. */
export function sample(options: SampleOptions = {}): NewStoredInstance {
  const {
    id = randomUUID(),
    sent = { sku: 'a-1', quantity: 2 },
    now = 1_767_225_600_000,
    messages = [],
    tags = {},
    startKey = null,
  } = options;
  const {
    saga = placeOrder.saga,
    version = placeOrder.version,
    hash = placeOrder.hash,
    wakeInMs = 3_600_000,
  } = options;
  const input = 'input' in options ? options.input : { order: 'o-1', lines: [{ sku: 'a-1', quantity: 2 }] };
  const pace = { attempt: 1, countedFrom: 0, refusals: 0, firstSentAt: now, deadlineAt: now + 30_000 };
  const state: InstanceState = {
    status: 'running',
    steps: { reserve: { status: 'dispatched', round: 1, pace } },
    ...options.state,
  };
  const entry: JournalEntry = {
    seq: 1,
    at: now,
    cause: { kind: 'started' },
    events: [{ kind: 'sagaStarted' }, { kind: 'stepDispatched', step: 'reserve', round: 1, sent }],
  };
  const instance: SagaInstance = { id, saga, version, hash, input, seq: 1, state, bodies: { reserve: { sent } } };
  return {
    instance,
    entries: [entry],
    messages,
    wakeAt: options.wakeAt === undefined ? now + wakeInMs : options.wakeAt,
    tags,
    startKey,
  };
}

/** Inserts instances in a transaction of their own; times are counted from the store's own now. */
export async function insertSamples(
  stage: SagaStoreStage,
  ...samples: readonly SampleOptions[]
): Promise<readonly string[]> {
  const { now } = await stage.store.load([]);
  const instances = samples.map((options) => sample({ now, ...options }));
  await stage.store.transaction((tx) => tx.insert(instances));
  return instances.map(({ instance }) => instance.id);
}

export async function insertSample(stage: SagaStoreStage, options: SampleOptions = {}): Promise<StoredInstance> {
  const [id] = await insertSamples(stage, options);
  return loadOne(stage, id ?? '');
}

export async function loadOne(stage: SagaStoreStage, id: string): Promise<StoredInstance> {
  const { instances } = await stage.store.load([id]);
  const [stored] = instances;
  if (stored === undefined) throw new Error(`instance ${id} is not there`);
  return stored;
}

export interface ChangeOptions extends Partial<Omit<InstanceChange, 'instance'>> {
  readonly output?: unknown;
  readonly state?: Partial<InstanceState>;
}

/** The first step has succeeded. */
export function succeeded(stored: StoredInstance, options: ChangeOptions = {}): InstanceChange {
  const { output = { reservation: 'r-1' }, state = {}, ...rest } = options;
  const { instance, revision, updatedAt } = stored;
  const seq = instance.seq + 1;
  const entry: JournalEntry = {
    seq,
    at: updatedAt,
    cause: { kind: 'do succeeded', step: 'reserve', attempt: 1 },
    events: [{ kind: 'stepSucceeded', step: 'reserve', output }],
  };
  return {
    instance: {
      ...instance,
      seq,
      state: { ...instance.state, steps: { reserve: { status: 'succeeded', round: 1 } }, ...state },
      bodies: { reserve: { ...instance.bodies['reserve'], output } },
    },
    revision,
    entries: [entry],
    messages: [],
    wakeAt: updatedAt + 3_600_000,
    delivered: [],
    taken: [],
    born: [],
    letters: [],
    ...rest,
  };
}

/** Saves one change in a transaction of its own; answers whether it won. */
export async function saveOne(stage: SagaStoreStage, change: InstanceChange): Promise<boolean> {
  const { saved } = await stage.store.transaction((tx) => tx.save([change]));
  return saved.includes(change.instance.id);
}

/** The row of a command. */
export function command(sagaId: string, given: Partial<NewOutboxRow> = {}): NewOutboxRow {
  return {
    id: randomUUID(),
    topic: 'inventory.commands',
    key: sagaId,
    payload: '{"n":1}',
    headers: {},
    aggregateType: 'saga-command',
    aggregateId: commandId({ sagaId, step: 'reserve', item: null, round: 1, direction: 'do' }),
    eventType: 'reserve',
    ordered: true,
    ...given,
  };
}

export const resume: SagaInput = { kind: 'resume', actor: 'ann', reason: 'the stock is back' };

export function letter(sagaId: string, id: string, input: SagaInput = resume): NewLetter {
  return { id, sagaId, input };
}

export function dueIds(stage: SagaStoreStage, limit = 100): Promise<readonly string[]> {
  return stage.store.due({ limit, definitions: [placeOrder] });
}

export async function claimedIds(stage: SagaStoreStage): Promise<readonly string[]> {
  return (await stage.outbox.claim({ limit: 100, leaseMs: 30_000 })).map((row) => row.id);
}
