import type { Clock, Logger, Subscription } from '@backstitch/messaging';
import { systemClock } from '@backstitch/messaging';
import { createPutAside } from '../exchange/put-aside.js';
import { replyTopic } from '../exchange/topic-names.js';
import { createAdvance } from './advance-instances.js';
import type { AdvanceOptions } from './advance-options.js';
import type { ResultWatch } from './await-result.js';
import type { Sender } from './command-message.js';
import { consumeReplies } from './consume-replies.js';
import type { DefinitionRegistry } from './definition-registry.js';
import type { EngineSettings, SagaEngineOptions } from './engine-options.js';
import type { Item } from './item.js';
import { createInstanceCache } from './instance-cache.js';
import { createNaturalBatch, type NaturalBatch } from './natural-batch.js';
import { createDuePoller, type DuePoller } from './poll-due.js';
import { refuseChangedDefinitions } from './refuse-changed-definitions.js';
import { renewCall } from './renew-call.js';
import { createCallRunner } from './run-calls.js';
import { createStartBatch, type StartBatch } from './start-batch.js';
import { startContext } from './start-saga.js';
import { createVersionReport, type VersionReport } from './version-report.js';

/** Of the instances that are kept in memory. */
const rememberedBytes = 64 * 2 ** 20;

/** What an engine is made of before it is open. */
export interface Parts<Trx> {
  readonly options: SagaEngineOptions<Trx>;
  readonly settings: EngineSettings;
  readonly definitions: DefinitionRegistry;
  readonly logger: Logger;
  readonly watch: ResultWatch;
}

/** What exists while the engine is open. */
export interface Running<Trx> {
  readonly sender: Sender;
  readonly advance: AdvanceOptions<Trx>;
  /** Starts without a transaction of the caller's. */
  readonly starts: StartBatch;
  readonly wakeDue: () => Promise<number>;
  stop(timeoutMs: number): Promise<void>;
}

export async function openEngine<Trx>(parts: Parts<Trx>): Promise<Running<Trx>> {
  const { options, settings, definitions, logger, watch } = parts;
  const { store, relay, name } = options;
  await refuseChangedDefinitions(store, definitions);
  const installation = await store.installation();
  const tokenKeys = options.tokenKeys ?? { current: installation.tokenKey };
  const sender: Sender = { orchestrator: name, installation: installation.id, tokenKeys };
  const clock = options.clock ?? systemClock;
  const cache = createInstanceCache({ maxInstances: settings.rememberedInstances, maxBytes: rememberedBytes });
  let isStopping = false;
  const advance: AdvanceOptions<Trx> = {
    store,
    definitions,
    sender,
    logger,
    clock,
    bornLeaseMs: settings.bornLeaseMs,
    publish: (rows) => relay.publish(rows),
    cache,
    onSettled: (instance) => watch.settled(instance),
    soloConcurrency: settings.localConcurrency,
    startCalls: (leg) => calls.start(leg),
    wake: (sagaIds) => {
      // Each may end at once and wake the next: an engine that closes leaves the rest to whoever looks for what is due.
      if (!isStopping) wakeMailed(batch, sagaIds, logger);
    },
  };
  const starts = createStartBatch({
    store,
    context: { ...startContext(options, sender), bornLeaseMs: settings.bornLeaseMs },
    publish: advance.publish,
    cache,
    batchSize: settings.batchSize,
  });
  const advanceItems = createAdvance(advance);
  const batch = createNaturalBatch<Item>(advanceItems, settings.batchSize);
  const calls = createCallRunner({
    apply: (items) => batch.add(items),
    logger,
    concurrency: settings.callConcurrency,
    monotonicNowMs: () => performance.now(),
    renew: (sagaId, call) => renewCall(advance, sagaId, call),
    // As the timeout of a call: code outside is not timed by a clock that a test moves.
    setTimer: systemClock.setTimer,
  });
  const poller = duePoller(parts, clock, { batch, isBusy: advanceItems.isBusy });
  const subscription = await subscribeReplies(parts, { sender, batch });
  const versions = startVersionReport(parts, clock);
  poller.start();
  return {
    sender,
    advance,
    starts,
    wakeDue: () => poller.runOnce(),
    async stop(timeoutMs) {
      isStopping = true;
      await Promise.all([versions.stop(), poller.stop(), subscription?.close({ timeoutMs }), calls.close(timeoutMs)]);
      await Promise.all([batch.idle(), starts.idle()]);
    },
  };
}

function duePoller<Trx>(
  { options, settings, definitions, logger }: Parts<Trx>,
  clock: Clock,
  { batch, isBusy }: { readonly batch: NaturalBatch<Item>; readonly isBusy: (sagaId: string) => boolean },
): DuePoller {
  return createDuePoller({
    store: options.store,
    definitions: definitions.keys,
    wake: (items) => batch.add(items),
    beginToWake: (items) => batch.begin(items),
    isBusy,
    clock,
    logger,
    intervalMs: settings.pollIntervalMs,
    batchSize: settings.batchSize,
  });
}

/** Nothing to subscribe to where no saga sends a command. */
async function subscribeReplies<Trx>(
  { options, settings, definitions, logger }: Parts<Trx>,
  { sender, batch }: { readonly sender: Sender; readonly batch: NaturalBatch<Item> },
): Promise<Subscription | undefined> {
  const { store, transport, name } = options;
  const putAside = createPutAside({ quarantine: (records) => store.quarantine(records), transport, logger });
  const topics = definitions.participants.map((each) => replyTopic(name, each));
  if (topics.length === 0) return undefined;
  const handle = consumeReplies({ sender, apply: (items) => batch.add(items), putAside });
  const subscription = await transport.subscribe({ group: name, topics, handle, maxBatchRecords: settings.batchSize });
  subscription.stopped.catch((error: unknown) =>
    logger.error({ err: error }, 'the consumer of replies has died: restart this process'),
  );
  return subscription;
}

/** They are due in the table as well: where this goes wrong the poller finds them. */
function wakeMailed(batch: NaturalBatch<Item>, sagaIds: readonly string[], logger: Logger): void {
  batch
    .begin([...new Set(sagaIds)].map((sagaId) => ({ kind: 'wake', sagaId })))
    .catch((error: unknown) => logger.warn({ err: error, sagaIds }, 'instances with mail wait for the poller'));
}

function startVersionReport<Trx>(parts: Parts<Trx>, clock: Clock): VersionReport {
  const { options, settings, definitions, logger } = parts;
  const { versionReportIntervalMs: intervalMs } = settings;
  const report = createVersionReport({
    store: options.store,
    definitions: definitions.keys,
    clock,
    logger,
    intervalMs,
  });
  report.start();
  return report;
}
