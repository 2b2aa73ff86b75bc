import { type Clock, type Logger, silentLogger, systemClock } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import { createPruneLoop, type Retention } from '../exchange/prune-loop.js';
import type { FenceStore } from '../participant/fence-store.js';
import type { Participant } from '../participant/participant.js';
import { requireWholeNumber } from './require-whole-number.js';

export interface FenceRetentionOptions<Trx> {
  /** `postgresFenceStore(…)` on the participant's database. */
  readonly store: Pick<FenceStore<Trx>, 'prune'>;
  /** Whose commands: its contract says how long the fence must remember. */
  readonly participant: Pick<Participant, 'handlers'>;
  /** How long a settled row is kept, in milliseconds. Longer than the contract's `fenceRetentionMs`. Default one day longer. */
  readonly keepMs?: number;
  /** Most rows that one statement deletes. Default 1,000. */
  readonly batchSize?: number;
  /** The pause after a run that found nothing more, in milliseconds. Default one minute. */
  readonly intervalMs?: number;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export interface PrunedFence extends Readonly<Record<string, number>> {
  readonly fenceRows: number;
}

const dayMs = 86_400_000;

/** Forgets commands that no orchestrator may send again. Throws OPTION_INVALID where that would be too soon. */
export function createFenceRetention<Trx>(options: FenceRetentionOptions<Trx>): Retention<PrunedFence> {
  const { store, participant, clock = systemClock, logger = silentLogger } = options;
  const promisedMs = Math.max(...[...participant.handlers.values()].map(({ command }) => command.fenceRetentionMs));
  const keepMs = requireWholeNumber('keepMs', options.keepMs ?? promisedMs + dayMs);
  if (keepMs <= promisedMs) throw tooShort(keepMs, promisedMs);
  const limit = requireWholeNumber('batchSize', options.batchSize ?? 1_000);
  const intervalMs = requireWholeNumber('intervalMs', options.intervalMs ?? 60_000);
  const runOnce = async (): Promise<PrunedFence> => ({ fenceRows: await store.prune({ olderThanMs: keepMs, limit }) });
  return createPruneLoop({ what: 'settled fence rows', runOnce, batchSize: limit, intervalMs, clock, logger });
}

function tooShort(keepMs: number, promisedMs: number): SagaError {
  return new SagaError(
    'OPTION_INVALID',
    `keepMs is ${keepMs}, and the contract promises to remember ${promisedMs} ms.`,
    {
      fields: { field: 'keepMs', found: keepMs, fenceRetentionMs: promisedMs },
      hint: "Keep fence rows longer than the contract's fenceRetentionMs: a forgotten command would run again.",
    },
  );
}
