import { silentLogger, systemClock } from '@backstitch/messaging';
import type { Saga } from '../definition/step-list.js';
import { SagaError } from '../errors.js';
import { createLifecycle } from '../exchange/lifecycle.js';
import { commandTopic, deadLetterTopic, replyTopic } from '../exchange/topic-names.js';
import type { SagaMigration } from '../machine/define-migration.js';
import type { AdvanceOptions } from './advance-options.js';
import { createResultWatch } from './await-result.js';
import { checkStartOptions } from './check-start-options.js';
import { createDefinitionRegistry, type DefinitionRegistry } from './definition-registry.js';
import { checkEngineOptions, type SagaEngineOptions } from './engine-options.js';
import type { Leg } from './leg.js';
import { type MigrateInstancesOptions, migrateInstances, type MigrationReport } from './migrate-instances.js';
import { openEngine, type Parts, type Running } from './open-engine.js';
import { type Operator, operatorOf } from './operator.js';
import { handleOf, type SagaHandle } from './saga-handle.js';
import { type Signal, signalInstance } from './signal-instance.js';
import { checkInput, startContext, startIn, type StartRequest } from './start-saga.js';

export interface StartOptions<Input, Trx> {
  readonly input: Input;
  /** The caller's own transaction: the saga begins if and only if that commits. Absent: the engine opens one. */
  readonly trx?: Trx;
  /** The same key and input answer the same instance; the same key with another input is refused. Unique per saga name. */
  readonly idempotencyKey?: string;
  /** For finding it again. Stored in plain text. */
  readonly tags?: Readonly<Record<string, string>>;
}

/** Runs sagas: starts them, moves them by replies and time, and lets a person step in. */
export interface SagaEngine<Trx> extends Operator {
  /**
   * Checks what is stored against the definitions, subscribes to replies and begins to wake what is due. Where it throws, nothing of that is
   * left open and it may be called again. After `close` it throws `ENGINE_CLOSED`.
   */
  open(): Promise<void>;
  /**
   * Begins a saga. One with locks may have to wait for them: then nothing of it has run yet, not even leading local steps. Throws `INPUT_INVALID`,
   * `START_FAILED`, `START_KEY_REUSED`, `START_KEY_BUSY`, `LOCK_KEYS_INVALID`, `LOCK_HELD` or `LOCK_BUSY`, with nothing written.
   */
  start<Input, Steps, Output>(
    saga: Saga<Input, Steps, Output>,
    options: StartOptions<NoInfer<Input>, Trx>,
  ): Promise<SagaHandle<Output>>;
  /** A handle to an instance that was started elsewhere or earlier. */
  handle<Input, Steps, Output>(saga: Saga<Input, Steps, Output>, id: string): SagaHandle<Output>;
  /**
   * Says what a `waitFor` step waits for. Before the step waits it is kept; once it was said, it is not said again (`false`). Throws
   * `SIGNAL_INVALID` where the body does not fit the step's schema, `SIGNAL_REFUSED` where the saga has no such step, `INSTANCE_UNKNOWN`.
   */
  signal(id: string, signal: Signal): Promise<boolean>;
  /**
   * Moves live instances to another version of their saga, which has to be registered here. The engine need not be open. Throws
   * `VERSION_UNKNOWN` where it is not registered, `OPTION_INVALID`.
   */
  migrateInstances(migration: SagaMigration, options: MigrateInstancesOptions): Promise<MigrationReport>;
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
    if (running === undefined) throw notOpen(options.name);
    return running;
  };
  return {
    open: lifecycle.open,
    async start(saga, given) {
      const { sender, advance, starts } = opened();
      const request = requestOf(definitions, saga, given);
      if (given.trx === undefined) {
        const started = await starts.start(request);
        if (started.leg !== undefined) beginWhatFollows(advance, started.leg);
        return handleOf(watch, saga, { ...started, begunAs: started.leg?.instance, isVisible: () => true });
      }
      const tx = store.within(given.trx);
      const started = await startIn(tx, request, startContext(options, sender));
      tx.afterEnd(() => relay.hint(started.messageIds));
      tx.afterEnd(() => beginIfCommitted(parts, advance, started.leg));
      return handleOf(watch, saga, { ...started, isVisible: () => tx.phase() !== 'open' });
    },
    handle: (saga, id) => handleOf(watch, saga, { sagaId: id, created: false, isVisible: () => true }),
    ...operatorOf({ store, definitions, advance: () => opened().advance }),
    signal: (id, signal) => signalInstance(opened().advance, id, signal),
    migrateInstances: (migration, given) => migrateInstances(parts, migration, given),
    ensureTopics: (spec = {}) => options.transport.ensureTopics(topicsOf(parts).map((topic) => ({ topic, ...spec }))),
    wakeDue: () => opened().wakeDue(),
    async close({ timeoutMs = 10_000 } = {}) {
      const closing = lifecycle.close(timeoutMs);
      watch.close();
      await closing;
    },
  };
}

function notOpen(name: string): SagaError {
  return new SagaError('ENGINE_CLOSED', `saga engine '${name}' is not open`, {
    hint: 'await engine.open() first, and start nothing after close()',
  });
}

function topicsOf<Trx>({ options, definitions }: Parts<Trx>): readonly string[] {
  const { participants } = definitions;
  const topics = [...participants.map(commandTopic), ...participants.map((each) => replyTopic(options.name, each))];
  return [...topics, ...topics.map(deadLetterTopic)];
}

function beginWhatFollows<Trx>(advance: AdvanceOptions<Trx>, leg: Leg): void {
  advance.startCalls(leg);
  advance.wake(leg.born.map(({ instance }) => instance.id));
}

/** The end of a caller's transaction does not say how it ended: the calls of a saga that never began must not be made. */
function beginIfCommitted<Trx>(
  { options, logger }: Parts<Trx>,
  advance: AdvanceOptions<Trx>,
  leg: Leg | undefined,
): void {
  if (leg === undefined || (leg.calls.length === 0 && leg.born.length === 0)) return;
  options.store.load([leg.instance.id]).then(
    ({ instances }) => {
      if (instances.length > 0) beginWhatFollows(advance, leg);
    },
    (error: unknown) =>
      logger.warn({ err: error, sagaId: leg.instance.id }, 'first calls wait for the end of their lease'),
  );
}

function requestOf<Trx>(definitions: DefinitionRegistry, saga: Saga, given: StartOptions<unknown, Trx>): StartRequest {
  const definition = definitions.require(saga);
  const { startKey, tags } = checkStartOptions({ idempotencyKey: given.idempotencyKey, tags: given.tags });
  return { definition, inputJson: checkInput(definition, given.input), startKey, tags };
}
