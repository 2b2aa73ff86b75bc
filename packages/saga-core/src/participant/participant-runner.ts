import {
  foundText,
  type BatchHandler,
  type CommandEnvelope,
  type Logger,
  silentLogger,
  type Subscription,
  type Transport,
} from '@backstitch/messaging';
import type { Relay } from '@backstitch/outbox';
import { createPutAside, type PutAside, type RefusedRecord } from '../exchange/put-aside.js';
import { commandTopic, deadLetterTopic } from '../exchange/topic-names.js';
import { SagaError } from '../errors.js';
import { createLifecycle } from '../exchange/lifecycle.js';
import { refuseCdc } from '../refuse-cdc.js';
import type { FenceStore } from './fence-store.js';
import type { Participant } from './participant.js';
import { type ProcessCommandOptions, processCommand } from './process-command.js';
import { readCommand } from './read-command.js';

export interface ParticipantRunnerOptions<Trx> {
  readonly participant: Participant;
  /** Names of the orchestrators that may command this participant: it answers to no other. */
  readonly orchestrators: readonly string[];
  readonly store: FenceStore<Trx>;
  readonly transport: Transport;
  /** The relay of the outbox that the store writes to. */
  readonly relay: Pick<Relay, 'publish'>;
  readonly logger?: Logger;
  /** Sagas handled side by side, each in a transaction and so on a connection of its own. Default 8. */
  readonly concurrency?: number;
  /** Most commands taken at once. Default 200. */
  readonly batchSize?: number;
  /** How long a reply may be published from memory after the transaction that wrote it. Default 5000. */
  readonly bornLeaseMs?: number;
}

/** Handles a participant's commands. Commands of one saga are handled in order, those of different sagas side by side. */
export interface ParticipantRunner {
  /** Where it throws, nothing is left open and it may be called again. After `close` it throws `ENGINE_CLOSED`. */
  open(): Promise<void>;
  /** Creates the topic it reads. Nothing else ever creates one. */
  ensureTopics(options?: { readonly partitions?: number; readonly replicationFactor?: number }): Promise<void>;
  /** Takes nothing new, finishes what is under way, leaves the group; after `timeoutMs` (default 10000) it stops waiting. */
  close(options?: { readonly timeoutMs?: number }): Promise<void>;
}

export function createParticipantRunner<Trx>(options: ParticipantRunnerOptions<Trx>): ParticipantRunner {
  refuseCdc(options);
  const { participant, transport, store, relay, logger = silentLogger } = options;
  const concurrency = wholeFrom1('concurrency', options.concurrency ?? 8);
  const batchSize = wholeFrom1('batchSize', options.batchSize ?? 200);
  const topic = commandTopic(participant.name);
  const processing: ProcessCommandOptions<Trx> = {
    participant,
    store,
    fenceRetentionMs: retentionOf(participant),
    bornLeaseMs: wholeFrom1('bornLeaseMs', options.bornLeaseMs ?? 5_000),
    publish: (rows) => relay.publish(rows),
    logger,
  };
  const putAside = createPutAside({ quarantine: (records) => store.quarantine(records), transport, logger });
  const handle = commandHandler(processing, { orchestrators: orchestratorsOf(options), concurrency, putAside });
  const lifecycle = createLifecycle<Subscription>({
    what: `participant '${participant.name}'`,
    async begin() {
      const subscription = await transport.subscribe({
        group: participant.name,
        topics: [topic],
        handle,
        maxBatchRecords: batchSize,
      });
      subscription.stopped.catch((error: unknown) =>
        logger.error(
          { err: error, participant: participant.name },
          'the consumer of commands has died: restart this process',
        ),
      );
      return subscription;
    },
    end: (subscription, timeoutMs) => subscription.close({ timeoutMs }),
    logger,
  });
  return {
    open: lifecycle.open,
    async ensureTopics(spec = {}) {
      await transport.ensureTopics([topic, deadLetterTopic(topic)].map((each) => ({ topic: each, ...spec })));
    },
    close: ({ timeoutMs = 10_000 } = {}) => lifecycle.close(timeoutMs),
  };
}

interface Handling {
  readonly orchestrators: ReadonlySet<string>;
  readonly concurrency: number;
  readonly putAside: PutAside;
}

function commandHandler<Trx>(
  options: ProcessCommandOptions<Trx>,
  { orchestrators, concurrency, putAside }: Handling,
): BatchHandler {
  const { participant } = options;
  return async ({ records }, context) => {
    const lanes = new Map<string, CommandEnvelope[]>();
    const refused: RefusedRecord[] = [];
    for (const record of records) {
      const read = readCommand(record, { participant: participant.name, orchestrators });
      if (read.kind === 'refused') refused.push({ record, reason: read.reason });
      else lanes.set(read.command.sagaId, [...(lanes.get(read.command.sagaId) ?? []), read.command]);
    }
    await putAside(refused);
    const left = [...lanes.values()];
    const worker = async (): Promise<void> => {
      for (let lane = left.shift(); lane !== undefined; lane = left.shift()) {
        for (const command of lane) {
          // Taken away from this process: whoever has the partition now handles the rest.
          context.signal.throwIfAborted();
          await processCommand(options, command);
        }
        await context.heartbeat();
      }
    };
    const workers = await Promise.allSettled(Array.from({ length: Math.min(concurrency, left.length) }, worker));
    const failed = workers.find((each) => each.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
  };
}

/** One contract, one retention: any of its commands tells it. */
function retentionOf({ handlers }: Participant): number {
  return Math.min(...[...handlers.values()].map(({ command }) => command.fenceRetentionMs));
}

function orchestratorsOf<Trx>({ orchestrators, participant }: ParticipantRunnerOptions<Trx>): ReadonlySet<string> {
  if (orchestrators.length > 0) return new Set(orchestrators);
  throw new SagaError('OPTION_INVALID', `participant '${participant.name}' allows no orchestrator`, {
    fields: { field: 'orchestrators', value: orchestrators },
    hint: 'name the orchestrators that may command it',
  });
}

function wholeFrom1(field: string, value: number): number {
  if (Number.isInteger(value) && value >= 1) return value;
  throw new SagaError('OPTION_INVALID', `option '${field}' of the participant is ${foundText(value)}`, {
    fields: { field, value },
    hint: 'give a whole number from 1',
  });
}
