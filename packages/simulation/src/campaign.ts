import type { Mutant } from './mutants/mutant.js';
import { type RunReport, runSeed } from './run-seed.js';
import type { Situation } from './sightings.js';

/** A run that broke a promise. */
export interface FailedSeed {
  readonly seed: number;
  readonly violations: readonly string[];
}

/** What many runs came to. Plain data, so that it may come from another thread. */
export interface CampaignReport {
  readonly seeds: number;
  readonly steps: number;
  readonly deeds: number;
  readonly failed: readonly FailedSeed[];
  readonly sightings: Readonly<Partial<Record<Situation, number>>>;
}

/** Enough to see what is wrong. */
const mostFailed = 20;

/** Runs one seed after the other, from `from` on. */
export async function runSeeds(from: number, count: number): Promise<CampaignReport> {
  let sum: CampaignReport = { seeds: 0, steps: 0, deeds: 0, failed: [], sightings: {} };
  for (let seed = from; seed < from + count; seed += 1) {
    const report = await runSeed(seed);
    sum = addUp(sum, campaignOf(seed, report));
    // The queues of the machine's own loop have their turn: a long campaign may be told to stop.
    if (seed % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return sum;
}

function campaignOf(seed: number, { violations, steps, deeds, sightings }: RunReport): CampaignReport {
  const failed = violations.length === 0 ? [] : [{ seed, violations }];
  return { seeds: 1, steps, deeds, failed, sightings: Object.fromEntries(sightings) };
}

export function addUp(one: CampaignReport, other: CampaignReport): CampaignReport {
  const sightings = { ...one.sightings };
  for (const [situation, times] of Object.entries(other.sightings) as [Situation, number][])
    sightings[situation] = (sightings[situation] ?? 0) + times;
  return {
    seeds: one.seeds + other.seeds,
    steps: one.steps + other.steps,
    deeds: one.deeds + other.deeds,
    failed: [...one.failed, ...other.failed].slice(0, mostFailed),
    sightings,
  };
}

/** How many seeds it took to find a mutant. */
export interface Kill {
  readonly fault: string;
  /** The seeds that were run, the killing one included; undefined where none of them found it. */
  readonly seeds: number | undefined;
  readonly violation: string | undefined;
}

export async function killMutant(mutant: Mutant, atMost: number): Promise<Kill> {
  for (let seed = 1; seed <= atMost; seed += 1) {
    const [violation] = (await runSeed(seed, { mutant })).violations;
    if (violation !== undefined) return { fault: mutant.fault, seeds: seed, violation };
  }
  return { fault: mutant.fault, seeds: undefined, violation: undefined };
}
