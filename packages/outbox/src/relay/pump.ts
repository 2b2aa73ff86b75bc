import { OutboxError } from '../errors.js';
import { backoffMs } from './backoff.js';
import type { BrokerPause } from './broker-pause.js';
import type { Claimer } from './claimer.js';
import type { LaneQueue } from './lane-queue.js';
import { nextBatch } from './next-batch.js';
import type { RelaySettings } from './relay-options.js';
import { released, type Sender } from './sender.js';
import type { Settler } from './settler.js';
import type { TopicRates } from './topic-rates.js';
import type { WakeUp } from './wake-up.js';

/** The relay's two loops: one fills the queue from the store, the other empties it into the transport. */
export interface Pump {
  start(): void;
  stop(options?: { readonly timeoutMs?: number }): Promise<void>;
  state(): PumpState;
}

export type PumpState = 'new' | 'started' | 'stopped';

export interface PumpParts {
  readonly settings: RelaySettings;
  readonly queue: LaneQueue;
  readonly claimer: Claimer;
  readonly pause: BrokerPause;
  readonly sender: Sender;
  readonly settler: Settler;
  readonly rates: TopicRates;
  readonly wakeClaims: WakeUp;
  readonly wakeSends: WakeUp;
}

/** Claimed at once, in batches: what a claim costs is mostly not its rows. */
const claimedBatches = 4;
/** So many batches in the queue are enough until the next claim comes back. */
const fullAtBatches = 2;
const longestClaimBackoffMs = 5_000;

export function createPump(parts: PumpParts): Pump {
  const { settings, queue, settler, pause, wakeClaims, wakeSends } = parts;
  // Read through a function: the state changes while a loop awaits.
  let current: PumpState = 'new';
  const state = (): PumpState => current;
  const isStarted = (): boolean => state() === 'started';
  let loops: Promise<unknown> = Promise.resolve();
  let stopping: Promise<void> | undefined;

  const finish = async (): Promise<void> => {
    try {
      await loops;
      settler.add(released(queue.drain()));
      await settler.flush();
    } catch (error) {
      settings.logger.error({ error }, 'the relay did not stop cleanly; the leases of what it held will run out');
    }
  };
  const stop = async (timeoutMs: number): Promise<void> => {
    current = 'stopped';
    pause.stop();
    wakeClaims.wake();
    wakeSends.wake();
    let inTime = true;
    const timeout = new Promise<void>((resolve) => {
      const cancel = settings.clock.setTimer(timeoutMs, () => {
        inTime = false;
        resolve();
      });
      void finish().finally(() => {
        cancel();
        resolve();
      });
    });
    await timeout;
    settler.abandon();
    if (!inTime)
      settings.logger.warn(
        { timeoutMs, held: queue.held() },
        'the relay stopped before all was settled; the leases will run out',
      );
  };

  return {
    state,
    start() {
      if (state() === 'stopped')
        throw new OutboxError('RELAY_STOPPED', 'The relay is stopped.', { hint: 'Create a new one.' });
      if (state() === 'started') return;
      current = 'started';
      loops = Promise.all([claimLoop(parts, isStarted), sendLoop(parts, isStarted)]);
    },
    stop({ timeoutMs = 10_000 } = {}) {
      stopping ??= stop(timeoutMs);
      return stopping;
    },
  };
}

/** Topics of which enough waits here. */
function crowded({ settings, queue }: PumpParts): readonly string[] {
  return queue.topics().flatMap(({ topic, waiting }) => (waiting >= settings.batchSize ? topic : []));
}

/** How much of each topic there is still room for, where that is limited: by its rate, or, while the queue is full, by what waits of it. */
function roomsOf(parts: PumpParts): Readonly<Record<string, number>> {
  const { settings, queue, rates } = parts;
  const byRate = rates.topics.map(
    (topic) => [topic, Math.max(0, rates.roomFor(topic) - queue.waiting(topic))] as const,
  );
  const isFull = queue.waiting() >= settings.batchSize * fullAtBatches;
  const byCrowd = isFull ? crowded(parts).map((topic) => [topic, 0] as const) : [];
  return Object.fromEntries([...byRate, ...byCrowd]);
}

async function claimLoop(parts: PumpParts, isStarted: () => boolean): Promise<void> {
  const { settings, queue, claimer, pause, wakeClaims, wakeSends, settler } = parts;
  const { batchSize, pollIntervalMs, longestPollIntervalMs, logger, random } = settings;
  let failures = 0;
  let idle = 0;
  while (isStarted()) {
    // Woken when the pause ends, and when the queue has room again.
    const isFull = queue.waiting() >= batchSize * fullAtBatches;
    if (pause.state() === 'paused' || queue.held() >= settings.maxHeldRows || isFull) {
      await wakeClaims.sleep(longestPollIntervalMs);
      // Full for so long: a topic hangs or is slow. The others are not to wait for it.
      const goesOn = isFull && queue.held() < settings.maxHeldRows && crowded(parts).length > 0;
      if (!goesOn || pause.state() === 'paused') continue;
    }
    let more = false;
    try {
      // After broker trouble one row shows whether the broker is back; a batch would put all its rows in doubt again.
      const isProbing = pause.state() === 'probing';
      const heldRows = queue.held();
      const limit = isProbing ? 1 : Math.min(batchSize * claimedBatches, settings.maxHeldRows - heldRows);
      const claimed = await claimer.claim({ limit, heldRows, rooms: roomsOf(parts) });
      failures = 0;
      idle = claimed.rows.length > 0 ? 0 : idle + 1;
      more = claimed.more;
      if (claimed.rows.length > 0 && !isStarted()) settler.add(released(claimed.rows));
      else if (claimed.rows.length > 0) {
        queue.add(claimed.rows, settings.monotonicNowMs());
        wakeSends.wake();
      }
    } catch (error) {
      failures += 1;
      logger.warn({ error, failures }, 'outbox rows could not be claimed');
    }
    if (more && pause.state() === 'open') continue;
    // Jittered also when all is well: relays in step would meet at the lock that serialises claims.
    const longestMs = failures > 0 ? longestClaimBackoffMs : longestPollIntervalMs;
    if (isStarted())
      await wakeClaims.sleep(backoffMs(Math.max(failures, idle, 1), { firstMs: pollIntervalMs, longestMs, random }));
  }
}

async function sendLoop(parts: PumpParts, isStarted: () => boolean): Promise<void> {
  const { settings, queue, rates, wakeSends } = parts;
  const { batchSize, maxBatchAgeMs, monotonicNowMs } = settings;
  const inFlight = new Map<string, Promise<void>>();
  while (isStarted()) {
    const nowMs = monotonicNowMs();
    const next = nextBatch(queue.topics(), nowMs, {
      ...{ batchSize, maxBatchAgeMs, isInFlight: (topic) => inFlight.has(topic) },
      ...{ allowance: (topic) => rates.allowance(topic, nowMs), waitMs: (topic) => rates.waitMs(topic, nowMs) },
    });
    if (next.kind === 'wait') {
      await wakeSends.sleep(next.ms);
      continue;
    }
    const sending = sendBatch(parts, next.topic, next.maxRows).finally(() => {
      inFlight.delete(next.topic);
      wakeSends.wake();
    });
    inFlight.set(next.topic, sending);
  }
  await Promise.all(inFlight.values());
}

async function sendBatch(
  { settings, queue, rates, sender, settler, pause, wakeClaims }: PumpParts,
  topic: string,
  maxRows: number,
): Promise<void> {
  const isFull = (): boolean => queue.waiting() >= settings.batchSize * fullAtBatches;
  const wasFull = isFull();
  const { batch, givenBack } = queue.take(topic, { maxRows, maxBytes: settings.batchBytes }, settings.monotonicNowMs());
  if (givenBack.length > 0) settler.add(released(givenBack));
  // Also while this batch is on its way: the next claim is under way then.
  if (wasFull && !isFull()) wakeClaims.wake();
  if (batch.length === 0) return;
  rates.spend(topic, batch.length);
  const wasProbing = pause.state() === 'probing';
  settler.add(await sender.send(batch));
  if (wasProbing && pause.state() === 'open') wakeClaims.wake();
}
