import type { BrokerFaults } from '@backstitch/messaging/testing';
import type { Choices } from './choices.js';
import type { Pace } from './scheduler.js';

/** How often what goes wrong in one run. All chances in [0, 1), each at a step of a process unless it says otherwise. */
export interface FaultPlan {
  /** A process is ended at a port call. */
  readonly crashChance: number;
  /** A process stands still, longer than its leases and the broker's patience. */
  readonly freezeChance: number;
  /** A process's wall clock jumps, up to an hour either way. */
  readonly jumpChance: number;
  /** Of a transaction: its commit fails, and nothing of it is there. */
  readonly commitRefusedChance: number;
  /** Of a transaction: its commit seems to fail, and all of it is there. */
  readonly commitUnheardChance: number;
  /** Of a transaction: a serialization failure (40001). */
  readonly conflictChance: number;
  /** Of a statement or a read: the connection is gone (57P01). */
  readonly statementLostChance: number;
  readonly broker: BrokerFaults;
  /** The broker is gone for a while, at a step of anybody. */
  readonly outageChance: number;
}

/**
 * Each run draws which kinds of faults it has at all (swarm testing, Groce et al., 2012): where everything fails all the time nothing ever comes far
 * enough to fail in an interesting way.
 */
export function drawFaultPlan(choices: Choices): FaultPlan {
  const some = (most: number): number => (choices.chance(0.5) ? choices.unit() * most : 0);
  return {
    crashChance: some(0.012),
    freezeChance: some(0.004),
    jumpChance: some(0.004),
    commitRefusedChance: some(0.05),
    commitUnheardChance: some(0.05),
    conflictChance: some(0.08),
    statementLostChance: some(0.02),
    outageChance: some(0.002),
    broker: {
      lossAfterAckChance: some(0.08),
      duplicateChance: some(0.25),
      duplicateWithinMs: choices.one([0, 500, 20_000, 90_000]),
      delayChance: some(0.15),
      delayUpToMs: choices.one([50, 1_000, 15_000]),
      reorderLanesChance: some(0.5),
      sendFailureChance: some(0.1),
      commitLossChance: some(0.15),
    },
  };
}

export function drawPace(choices: Choices): Pace {
  return {
    passChance: choices.chance(0.7) ? choices.unit() * 0.2 : 0,
    passUpToMs: choices.one([20, 500, 4_000]),
    slowChance: choices.chance(0.5) ? choices.unit() * 0.05 : 0,
    slowUpToMs: choices.one([500, 8_000, 40_000]),
  };
}
