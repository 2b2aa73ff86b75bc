import type { ClaimedRow } from '@backstitch/outbox';
import type { SagaDefinition } from '../definition/step-definition.js';
import { againAfterConflict } from '../exchange/again-after-conflict.js';
import { uuidV7 } from '../exchange/uuid-v7.js';
import { createNaturalBatch } from './natural-batch.js';
import type { InstanceCache } from './instance-cache.js';
import type { Leg } from './leg.js';
import type { NewStoredInstance, SagaStore } from './saga-store.js';
import {
  type FirstRows,
  firstLeg,
  firstRows,
  type StartContext,
  type Started,
  startIn,
  type StartRequest,
} from './start-saga.js';

export interface StartBatchOptions<Trx> {
  readonly store: SagaStore<Trx>;
  readonly context: StartContext & { readonly bornLeaseMs: number };
  /** After the commit: messages to publish from memory. */
  readonly publish: (rows: readonly ClaimedRow[]) => void;
  readonly cache: InstanceCache;
  /** Most sagas that begin in one transaction. */
  readonly batchSize: number;
}

/** Starts without a transaction of the caller's. */
export interface StartBatch {
  start(request: StartRequest): Promise<Started>;
  /** Resolves when no start is under way. */
  idle(): Promise<void>;
}

interface Beginning extends FirstRows {
  readonly sagaId: string;
  readonly leg: Leg;
  failure: { readonly error: unknown } | undefined;
}

/**
 * Sagas that are started while a transaction is being written share the next one: group commit (DeWitt et al., "Implementation Techniques for
 * Main Memory Database Systems", 1984). Nothing waits for company. One that runs the author's code within the transaction, or may have to wait there for
 * somebody (an idempotency key, a lock key), has a transaction of its own.
 */
export function createStartBatch<Trx>(options: StartBatchOptions<Trx>): StartBatch {
  const { store, context, batchSize, publish } = options;
  const alone = async (request: StartRequest): Promise<Started> => {
    const begin = (): Promise<Started> => store.transaction((tx) => startIn(tx, request, context));
    const started = await againAfterConflict(begin, context.classify);
    publish(started.claimed);
    return started;
  };
  const write = async (group: readonly Beginning[]): Promise<ReadonlyMap<Beginning, Promise<void>>> => {
    await writeSplitting(options, group);
    return new Map();
  };
  const batch = createNaturalBatch(write, batchSize, { gathers: 'after a crowd' });
  return {
    async start(request) {
      if (request.startKey !== null || !mayShare(request.definition)) return alone(request);
      const now = await store.now();
      const sagaId = (context.newId ?? uuidV7)(now);
      const leg = firstLeg(request, { sagaId, now, sender: context.sender });
      const beginning: Beginning = { ...firstRows(request, leg, now), sagaId, leg, failure: undefined };
      await batch.add([beginning]);
      const { messageIds, failure } = beginning;
      if (failure !== undefined) throw failure.error;
      return { sagaId, created: true, claimed: [], messageIds, leg };
    },
    idle: () => batch.idle(),
  };
}

/** Whether its first leg certainly ends before a local step, and needs no lock. */
export function mayShare({ locks, stages }: SagaDefinition): boolean {
  if (locks !== null) return false;
  for (const stage of stages) {
    if (stage.some(({ kind }) => kind === 'local')) return false;
    // A step that may be skipped, or a list that may be empty, does not hold the leg back from what comes next.
    if (stage.some(({ kind, when }) => kind !== 'each' && when === null)) return true;
  }
  return true;
}

/** Where it fails for other than passing reasons it is halved, until whoever is to blame is told alone. */
async function writeSplitting<Trx>(options: StartBatchOptions<Trx>, group: readonly Beginning[]): Promise<void> {
  const { classify } = options.context;
  try {
    const claimed = await againAfterConflict(() => writeGroup(options, group), classify);
    // Before anything of it can be answered.
    for (const { rows } of group) keepFirst(options.cache, rows);
    options.publish(claimed);
  } catch (error) {
    const failure = classify(error);
    if (group.length === 1 || failure === 'infrastructure' || failure === 'refused') {
      for (const each of group) each.failure = { error };
      return;
    }
    const middle = Math.ceil(group.length / 2);
    await writeSplitting(options, group.slice(0, middle));
    await writeSplitting(options, group.slice(middle));
  }
}

function keepFirst(cache: InstanceCache, [first]: readonly NewStoredInstance[]): void {
  if (first !== undefined) cache.keep({ instance: first.instance, revision: 1, tags: first.tags });
}

function writeGroup<Trx>(
  { store, context }: StartBatchOptions<Trx>,
  group: readonly Beginning[],
): Promise<readonly ClaimedRow[]> {
  const rows = group.flatMap((each) => each.rows);
  const letters = group.flatMap((each) => each.letters);
  return store.transaction(async (tx) => {
    const claimed = await tx.insert(rows, { bornLeaseMs: context.bornLeaseMs });
    if (letters.length > 0) await tx.post(letters);
    return claimed;
  });
}
