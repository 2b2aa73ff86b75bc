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
import { createCommandBatcher } from './command-batcher.js';
import { createCommandLanes } from './command-lanes.js';
import type { FenceStore } from './fence-store.js';
import type { Participant } from './participant.js';
import { processBatch } from './process-batch.js';
import { type ProcessCommandOptions, processCommand } from './process-command.js';
import { readCommand } from './read-command.js';
import { createSideBySide } from './side-by-side.js';

export interface ParticipantRunnerOptions<Trx> {
  readonly participant: Participant;
  /** Names of the orchestrators that may command this participant: it answers to no other. */
  readonly orchestrators: readonly string[];
  readonly store: FenceStore<Trx>;
  readonly transport: Transport;
  /** The relay of the outbox that the store writes to. */
  readonly relay: Pick<Relay, 'publish'>;
  readonly logger?: Logger;
  /** Sagas handled side by side, of all partitions together, each in a transaction and so on a connection of its own. Batch handlers take one more. Default 8. */
  readonly concurrency?: number;
  /** Most commands taken of a partition at once, and handed to a batch handler. Default 200. */
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
  const lanes = createCommandLanes({
    participant,
    batcher: createCommandBatcher({
      maxCommands: batchSize,
      process: (commands) => processBatch(processing, commands),
    }),
    sideBySide: createSideBySide(concurrency),
    processOne: (command) => processCommand(processing, command),
  });
  const handle = commandHandler(participant.name, {
    orchestrators: orchestratorsOf(options),
    putAside,
    handle: lanes,
  });
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
  readonly putAside: PutAside;
  readonly handle: ReturnType<typeof createCommandLanes>;
}

function commandHandler(participant: string, { orchestrators, putAside, handle }: Handling): BatchHandler {
  return async ({ records }, context) => {
    const commands: CommandEnvelope[] = [];
    const refused: RefusedRecord[] = [];
    for (const record of records) {
      const read = readCommand(record, { participant, orchestrators });
      if (read.kind === 'refused') refused.push({ record, reason: read.reason });
      else commands.push(read.command);
    }
    await putAside(refused);
    await handle(commands, context);
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
