import type { CancelTimer, Clock, Logger } from '@backstitch/messaging';
import type { OutboxStore, SettledRow } from '../outbox-store.js';
import { backoffMs } from './backoff.js';
import type { SentRow } from './send-outcomes.js';

/** Records outcomes in batches: what comes while one statement is under way, or within the linger, goes with the next. */
export interface Settler {
  add(sent: readonly SentRow[]): void;
  /** One attempt, now, apart from the rest. Rejects where the store does. */
  settle(sent: readonly SentRow[]): Promise<readonly SettledRow[]>;
  /** Resolves when nothing is left to record: recorded, or its lease has ended. */
  flush(): Promise<void>;
  /** Forgets what is left: the leases run out. */
  abandon(): void;
}

export interface SettlerOptions {
  readonly store: OutboxStore;
  readonly clock: Clock;
  readonly monotonicNowMs: () => number;
  readonly lingerMs: number;
  readonly random: () => number;
  readonly logger: Logger;
  /** Rows that are over for this process: recorded, lost, or past their lease. */
  readonly onOver: (over: readonly SentRow[], settled: readonly SettledRow[]) => void;
}

const maxRowsAStatement = 1_000;
const backoff = { firstMs: 50, longestMs: 1_000 };

export function createSettler(options: SettlerOptions): Settler {
  const { store, clock, monotonicNowMs, lingerMs, random, logger, onOver } = options;
  let pending: SentRow[] = [];
  let timer: CancelTimer | undefined;
  let running: Promise<void> | undefined;
  let failures = 0;

  const settle = async (sent: readonly SentRow[]): Promise<readonly SettledRow[]> => {
    const settled = await store.settle(sent.map(({ row, outcome }) => ({ id: row.id, epoch: row.epoch, outcome })));
    const lost = settled.filter(({ kind }) => kind === 'lost').length;
    if (lost > 0) logger.debug({ lost }, 'outbox rows were settled by others, or their lease had ended');
    onOver(sent, settled);
    return settled;
  };
  const attempt = async (sent: readonly SentRow[]): Promise<boolean> => {
    if (sent.length === 0) return true;
    try {
      await settle(sent);
      return true;
    } catch (error) {
      logger.warn(
        { error, rows: sent.length },
        'the outcome of outbox rows could not be recorded; trying again until their leases end',
      );
      const now = monotonicNowMs();
      pending.push(...sent.filter(({ row }) => row.leaseEndsAtMs > now));
      onOver(
        sent.filter(({ row }) => row.leaseEndsAtMs <= now),
        [],
      );
      return false;
    }
  };
  const round = async (): Promise<void> => {
    const { refused, others } = apart(pending.splice(0, maxRowsAStatement));
    const wentWell = await attempt(others);
    failures = (await attempt(refused)) && wentWell ? 0 : failures + 1;
  };
  const run = (): void => {
    timer?.();
    timer = undefined;
    running ??= round().finally(() => {
      running = undefined;
      schedule();
    });
  };
  const schedule = (): void => {
    if (pending.length === 0 || running !== undefined || timer !== undefined) return;
    timer = clock.setTimer(failures === 0 ? lingerMs : backoffMs(failures, { ...backoff, random }), run);
  };

  return {
    settle,
    add(sent) {
      pending.push(...sent);
      schedule();
    },
    async flush() {
      while (running !== undefined || pending.length > 0) {
        if (failures === 0) run();
        else schedule();
        await (running ?? new Promise<void>((resolve) => clock.setTimer(backoff.firstMs, resolve)));
      }
    },
    abandon() {
      timer?.();
      [timer, pending] = [undefined, []];
    },
  };
}

/** Refusals may run the caller's `onFailed`, and its error must not hold up what was sent. */
function apart(batch: readonly SentRow[]): {
  readonly refused: readonly SentRow[];
  readonly others: readonly SentRow[];
} {
  const isRefused = ({ outcome }: SentRow): boolean => outcome.kind === 'refused';
  return { refused: batch.filter(isRefused), others: batch.filter((sent) => !isRefused(sent)) };
}
