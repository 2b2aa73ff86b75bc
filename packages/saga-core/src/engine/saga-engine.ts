import { type Logger, silentLogger, type Subscription, systemClock } from '@backstitch/messaging';
import type { Duration } from '../definition/duration.js';
import { parseDuration } from '../definition/duration.js';
import type { Saga } from '../definition/step-list.js';
import { SagaError } from '../errors.js';
import type { Verb } from '../machine/saga-input.js';
import { createAdvance } from './advance-instances.js';
import type { AdvanceOptions } from './advance-options.js';
import { createResultWatch, notVisible, type ResultWatch } from './await-result.js';
import type { Sender } from './command-message.js';
import { consumeReplies } from './consume-replies.js';
import { createDefinitionRegistry, type DefinitionRegistry } from './definition-registry.js';
import { checkEngineOptions, type EngineSettings, type SagaEngineOptions } from './engine-options.js';
import { type InstanceView, outputOf, viewOf } from './instance-view.js';
import type { Item } from './item.js';
import { createLifecycle } from '../exchange/lifecycle.js';
import { createNaturalBatch } from './natural-batch.js';
import { operate, type VerbKind } from './operate.js';
import { createDuePoller } from './poll-due.js';
import { createPutAside } from '../exchange/put-aside.js';
import { refuseChangedDefinitions } from './refuse-changed-definitions.js';
import type { StoredInstance } from './saga-store.js';
import { checkInput, type StartContext, type Started, startIn, type StartRequest } from './start-saga.js';
import { commandTopic, deadLetterTopic, replyTopic } from '../exchange/topic-names.js';

export interface StartOptions<Input, Trx> {
  readonly input: Input;
  /** The caller's own transaction: the saga begins if and only if that commits. Absent: the engine opens one. */
  readonly trx?: Trx;
  /** The same key and input answer the same instance; the same key with another input is refused. Unique per saga name. */
  readonly idempotencyKey?: string;
  /** For finding it again. Stored in plain text. */
  readonly tags?: Readonly<Record<string, string>>;
}

export interface SagaHandle<Output> {
  readonly id: string;
  /** False where the idempotency key had been used for the same input before. */
  readonly created: boolean;
  /**
   * Waits until the saga has come to rest. Resolves with its output. Throws `SAGA_COMPENSATED` (with the failure), `SAGA_PARKED`,
   * `RESULT_TIMEOUT`, or `RESULT_BEFORE_COMMIT` where the transaction that started it has not committed.
   */
  result(options?: { readonly timeout?: Duration; readonly signal?: AbortSignal }): Promise<Output>;
}

/** Runs sagas: starts them, moves them by replies and time, and lets a person step in. */
export interface SagaEngine<Trx> {
  /**
   * Checks what is stored against the definitions, subscribes to replies and begins to wake what is due. Where it throws, nothing of that is
   * left open and it may be called again. After `close` it throws `ENGINE_CLOSED`.
   */
  open(): Promise<void>;
  start<Input, Steps, Output>(
    saga: Saga<Input, Steps, Output>,
    options: StartOptions<NoInfer<Input>, Trx>,
  ): Promise<SagaHandle<Output>>;
  /** A handle to an instance that was started elsewhere or earlier. */
  handle<Input, Steps, Output>(saga: Saga<Input, Steps, Output>, id: string): SagaHandle<Output>;
  find(id: string): Promise<InstanceView | undefined>;
  /** Undoes what was done, while that is possible. Throws `VERB_REFUSED` where it is not. */
  cancel(id: string, verb: Verb): Promise<InstanceView>;
  pause(id: string, verb: Verb): Promise<InstanceView>;
  resume(id: string, verb: Verb): Promise<InstanceView>;
  /** Tries the parked step again. */
  retry(id: string, verb: Verb): Promise<InstanceView>;
  /** Creates the topics that this engine and its participants use. Nothing else ever creates one. */
  ensureTopics(options?: { readonly partitions?: number; readonly replicationFactor?: number }): Promise<void>;
  /** Looks once for what is due; the loop does so by itself. For tests with a clock of their own. */
  wakeDue(): Promise<number>;
  /** Takes nothing new, finishes what is under way, leaves the group; after `timeoutMs` (default 10000) it stops waiting. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}

export function createSagaEngine<Trx>(options: SagaEngineOptions<Trx>): SagaEngine<Trx> {
  return engineOf({
    options,
    settings: checkEngineOptions(options),
    definitions: createDefinitionRegistry(options.sagas),
    logger: options.logger ?? silentLogger,
    watch: createResultWatch(options.store, options.clock ?? systemClock),
  });
}

interface Parts<Trx> {
  readonly options: SagaEngineOptions<Trx>;
  readonly settings: EngineSettings;
  readonly definitions: DefinitionRegistry;
  readonly logger: Logger;
  readonly watch: ResultWatch;
}

/** What exists while the engine is open. */
interface Running<Trx> {
  readonly sender: Sender;
  readonly advance: AdvanceOptions<Trx>;
  readonly wakeDue: () => Promise<number>;
  stop(timeoutMs: number): Promise<void>;
}

function engineOf<Trx>(parts: Parts<Trx>): SagaEngine<Trx> {
  const { options, definitions, watch } = parts;
  const { store, relay } = options;
  const lifecycle = createLifecycle<Running<Trx>>({
    what: `saga engine '${options.name}'`,
    begin: () => openEngine(parts),
    end: (running, timeoutMs) => running.stop(timeoutMs),
    logger: parts.logger,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  const opened = (): Running<Trx> => {
    const running = lifecycle.current();
    if (running !== undefined) return running;
    throw new SagaError('ENGINE_CLOSED', `saga engine '${options.name}' is not open`, {
      hint: 'await engine.open() first, and start nothing after close()',
    });
  };
  const view = (stored: StoredInstance): InstanceView => viewOf(stored, definitions.find(stored.instance));
  const verb = (kind: VerbKind) => async (id: string, said: Verb) => {
    await operate(opened().advance, id, { kind, ...said });
    const { instances } = await store.load([id]);
    return view(instances[0] ?? missing(id));
  };
  return {
    open: lifecycle.open,
    async start(saga, given) {
      const { sender } = opened();
      const request = requestOf(definitions, saga, given);
      const context: StartContext = { sender, classify: (error) => store.classify(error) };
      if (given.trx === undefined) {
        const { bornLeaseMs } = parts.settings;
        const started = await store.transaction((tx) => startIn(tx, request, { ...context, bornLeaseMs }));
        relay.publish(started.claimed);
        return handleOf(parts, saga, { ...started, isVisible: () => true });
      }
      const tx = store.within(given.trx);
      const started = await startIn(tx, request, context);
      tx.afterEnd(() => relay.hint(started.messageIds));
      return handleOf(parts, saga, { ...started, isVisible: () => tx.phase() !== 'open' });
    },
    handle: (saga, id) => handleOf(parts, saga, { sagaId: id, created: false, isVisible: () => true }),
    async find(id) {
      const { instances } = await store.load([id]);
      return instances[0] === undefined ? undefined : view(instances[0]);
    },
    cancel: verb('cancel'),
    pause: verb('pause'),
    resume: verb('resume'),
    retry: verb('retry'),
    async ensureTopics(spec = {}) {
      const commands = definitions.participants.map(commandTopic);
      const topics = [...commands, ...definitions.participants.map((each) => replyTopic(options.name, each))];
      await options.transport.ensureTopics(
        [...topics, ...topics.map(deadLetterTopic)].map((topic) => ({ topic, ...spec })),
      );
    },
    wakeDue: () => opened().wakeDue(),
    async close({ timeoutMs = 10_000 } = {}) {
      const closing = lifecycle.close(timeoutMs);
      watch.close();
      await closing;
    },
  };
}

async function openEngine<Trx>(parts: Parts<Trx>): Promise<Running<Trx>> {
  const { options, settings, definitions, logger, watch } = parts;
  const { store, transport, relay, name } = options;
  await refuseChangedDefinitions(store, definitions);
  const installation = await store.installation();
  const tokenKeys = options.tokenKeys ?? { current: installation.tokenKey };
  const sender: Sender = { orchestrator: name, installation: installation.id, tokenKeys };
  const advance: AdvanceOptions<Trx> = {
    store,
    definitions,
    sender,
    logger,
    bornLeaseMs: settings.bornLeaseMs,
    publish: (rows) => relay.publish(rows),
    onSettled: (sagaId) => watch.settled(sagaId),
    soloConcurrency: settings.localConcurrency,
  };
  const batch = createNaturalBatch<Item>(createAdvance(advance), settings.batchSize);
  const poller = createDuePoller({
    store,
    definitions: definitions.keys,
    wake: (items) => batch.add(items),
    clock: options.clock ?? systemClock,
    logger,
    intervalMs: settings.pollIntervalMs,
    batchSize: settings.batchSize,
  });
  const putAside = createPutAside({ quarantine: (records) => store.quarantine(records), transport, logger });
  const topics = definitions.participants.map((each) => replyTopic(name, each));
  const handle = consumeReplies({ sender, apply: (items) => batch.add(items), putAside });
  let subscription: Subscription | undefined;
  if (topics.length > 0) {
    subscription = await transport.subscribe({ group: name, topics, handle, maxBatchRecords: settings.batchSize });
    subscription.stopped.catch((error: unknown) =>
      logger.error({ err: error }, 'the consumer of replies has died: restart this process'),
    );
  }
  poller.start();
  return {
    sender,
    advance,
    wakeDue: () => poller.runOnce(),
    async stop(timeoutMs) {
      await Promise.all([poller.stop(), subscription?.close({ timeoutMs })]);
      await batch.idle();
    },
  };
}

function requestOf<Trx>(definitions: DefinitionRegistry, saga: Saga, given: StartOptions<unknown, Trx>): StartRequest {
  const definition = definitions.require(saga);
  const { idempotencyKey = null, tags = {} } = given;
  if (idempotencyKey !== null && (idempotencyKey.length === 0 || idempotencyKey.length > 255)) {
    throw new SagaError('OPTION_INVALID', `idempotencyKey has ${idempotencyKey.length} characters`, {
      fields: { field: 'idempotencyKey', value: idempotencyKey.slice(0, 300) },
      hint: 'give 1 to 255 characters',
    });
  }
  return { definition, input: checkInput(definition, given.input), startKey: idempotencyKey, tags };
}

function handleOf<Trx, I, S, O>(
  { watch }: Parts<Trx>,
  saga: Saga<I, S, O>,
  started: Pick<Started, 'sagaId' | 'created'> & { readonly isVisible: () => boolean },
): SagaHandle<O> {
  const { sagaId: id, created } = started;
  return {
    id,
    created,
    async result({ timeout, signal } = {}) {
      const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout, 'timeout');
      // While the caller's transaction is open the answer is known, and asking the pool for a connection could deadlock.
      if (!started.isVisible()) throw notVisible(id);
      const stored = await watch.wait(id, { timeoutMs, signal });
      return settledOutput(stored, saga) as O;
    },
  };
}

function settledOutput(stored: StoredInstance, saga: Saga): unknown {
  const { id, state } = stored.instance;
  if (state.status === 'completed') return outputOf(stored, saga);
  if (state.status === 'compensated') {
    const { failure } = state;
    throw new SagaError('SAGA_COMPENSATED', `saga '${saga.name}' was undone: ${failure?.code}: ${failure?.message}`, {
      fields: { sagaId: id, failure },
      hint: 'everything it had done was undone; failure says why',
    });
  }
  throw new SagaError('SAGA_PARKED', `saga '${saga.name}' is parked: ${state.parked?.code}: ${state.parked?.message}`, {
    fields: { sagaId: id, parked: state.parked },
    hint: 'a person has to decide: retry or cancel it',
  });
}

function missing(id: string): never {
  throw new SagaError('INSTANCE_UNKNOWN', `there is no saga instance ${id}`, {
    fields: { sagaId: id },
    hint: 'check the id',
  });
}
