import type { RelayOptions } from '@backstitch/outbox';
import type { ProcessLife } from '../process-life.js';
import type { World } from '../world.js';

type Pace = Pick<
  RelayOptions,
  'clock' | 'monotonicNowMs' | 'random' | 'settleLingerMs' | 'pollIntervalMs' | 'longestPollIntervalMs' | 'leaseMs'
>;

/** How relays of the world go about: shorter leases than by default, so that they run out more often. */
export function relayPace({ scheduler, choices }: World, { clock }: ProcessLife): Pace {
  return {
    clock,
    monotonicNowMs: scheduler.now,
    random: choices.unit,
    settleLingerMs: 5,
    pollIntervalMs: 700,
    longestPollIntervalMs: 4_000,
    leaseMs: 6_000,
  };
}
