import type { Clock } from '@backstitch/messaging';
import { callGraceMs } from '../machine/effect.js';

/** The lease of a call that says now and then that it goes on. */
export interface CallLease {
  /** Aborted once nothing was said for `heartbeatMs`, or the lease is lost or may be. */
  readonly signal: AbortSignal;
  /** Its code says that it goes on. Costs nothing where the lease was renewed a moment ago. */
  heartbeat(): void;
  /** Its code runs: until now the lease was renewed by itself, from now on the code has to say something. */
  begin(): void;
  end(): void;
}

export interface CallLeaseOptions {
  readonly heartbeatMs: number;
  /** False where it is lost: another attempt has begun, or nobody waits for the call any more. */
  readonly renew: () => Promise<boolean>;
  readonly onTrouble: (error: unknown) => void;
  readonly monotonicNowMs: () => number;
  readonly setTimer: Clock['setTimer'];
}

/** A call's code may heartbeat in a tight loop: the lease is renewed so often in the time of one heartbeat. */
const renewalsEach = 3;

export function createCallLease(options: CallLeaseOptions): CallLease {
  const { heartbeatMs, setTimer } = options;
  const stop = new AbortController();
  let cancelQueue: (() => void) | undefined;
  const over = (): void => {
    cancelQueue?.();
    watch.end();
    renewals.end();
  };
  const lose = (why: string): void => {
    over();
    stop.abort(new Error(why));
  };
  const watch = watchSilence(options, lose);
  const renewals = createRenewals(options, {
    onRenewed: (sentAt) => watch.renewed(sentAt),
    onLost: () => lose('its lease is lost: another attempt has begun, or nobody waits for it any more'),
  });
  const speak = (): void => {
    if (stop.signal.aborted) return;
    watch.spoken();
    renewals.ask();
  };
  const queue = (): void => {
    speak();
    cancelQueue = setTimer(heartbeatMs / renewalsEach, queue);
  };
  cancelQueue = setTimer(heartbeatMs / renewalsEach, queue);
  return {
    signal: stop.signal,
    heartbeat: speak,
    begin() {
      cancelQueue?.();
      speak();
    },
    end: over,
  };
}

interface Watch {
  spoken(): void;
  /** @param sentAt when the renewal left: the lease in the store ends later than what is reckoned from it */
  renewed(sentAt: number): void;
  end(): void;
}

/** Half of the grace is left for a renewal that is under way: beyond it somebody else may begin the call, so its code is told to stop. */
function watchSilence({ heartbeatMs, monotonicNowMs, setTimer }: CallLeaseOptions, lose: (why: string) => void): Watch {
  let spokenAt = monotonicNowMs();
  let renewedAt = spokenAt;
  const look = (): void => {
    const now = monotonicNowMs();
    const silentAt = spokenAt + heartbeatMs;
    const lostAt = renewedAt + heartbeatMs + callGraceMs / 2;
    if (now >= silentAt) lose(`it said nothing for ${heartbeatMs} ms`);
    else if (now >= lostAt) lose('its lease could not be renewed: another attempt may begin');
    else cancel = setTimer(Math.min(silentAt, lostAt) - now, look);
  };
  let cancel = setTimer(heartbeatMs, look);
  return {
    spoken() {
      spokenAt = monotonicNowMs();
    },
    renewed(sentAt) {
      renewedAt = sentAt;
    },
    end: () => cancel(),
  };
}

interface Renewals {
  /** One soon: at once, or in its turn. */
  ask(): void;
  end(): void;
}

interface RenewalEvents {
  readonly onRenewed: (sentAt: number) => void;
  readonly onLost: () => void;
}

/** One at a time, and never sooner after the last than its turn. What is asked for meanwhile, or could not be passed on, is passed on then. */
function createRenewals(options: CallLeaseOptions, { onRenewed, onLost }: RenewalEvents): Renewals {
  const { heartbeatMs, renew, onTrouble, monotonicNowMs, setTimer } = options;
  let sentAt = monotonicNowMs();
  let state: 'idle' | 'waiting' | 'sending' | 'asked again' | 'over' = 'idle';
  let cancel: (() => void) | undefined;
  const ask = (): void => {
    if (state === 'sending') state = 'asked again';
    if (state !== 'idle') return;
    state = 'waiting';
    const inMs = sentAt + heartbeatMs / renewalsEach - monotonicNowMs();
    if (inMs <= 0) void send();
    else cancel = setTimer(inMs, () => void send());
  };
  const send = async (): Promise<void> => {
    const leftAt = monotonicNowMs();
    sentAt = leftAt;
    state = 'sending';
    const said = await renew().catch((error: unknown) => {
      onTrouble(error);
      return 'unknown' as const;
    });
    // Read anew: others have had their turn meanwhile.
    const after = state as typeof state | 'asked again' | 'over';
    if (after === 'over') return;
    state = 'idle';
    if (said === false) onLost();
    else if (said === true) onRenewed(leftAt);
    if (said === 'unknown' || (said && after === 'asked again')) ask();
  };
  return {
    ask,
    end() {
      state = 'over';
      cancel?.();
    },
  };
}
