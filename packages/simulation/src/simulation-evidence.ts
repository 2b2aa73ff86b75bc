import type { CampaignReport, Kill } from './campaign.js';
import { situations } from './sightings.js';

/** The part of `evidence/summary.json` that a campaign is. */
export interface SimulationSummary {
  readonly simSeeds: number;
  readonly simViolations: number;
  readonly simDeeds: number;
  readonly simSteps: number;
  readonly simSeconds: number;
  readonly simSituations: number;
  readonly simSituationsSeen: number;
  readonly mutants: number;
  readonly mutantsKilled: number;
  readonly medianSeedsToKill: number | null;
  readonly command: string;
}

export interface Evidence {
  readonly passed: number;
  readonly failed: number;
  readonly summary: SimulationSummary | undefined;
}

export interface EvidenceParts {
  readonly report: CampaignReport;
  readonly kills: readonly Kill[];
  readonly seconds: number;
  readonly command: string;
}

/** A check each: that no promise was broken, that a situation occurred, that a mutant was found. */
export function evidenceOf({ report, kills, seconds, command }: EvidenceParts): Evidence {
  const seen = situations.filter((situation) => (report.sightings[situation] ?? 0) > 0).length;
  const taken = kills.flatMap((kill) => kill.seeds ?? []).sort((one, other) => one - other);
  const killed = taken.length;
  const checks = 1 + situations.length + kills.length;
  const passed = (report.failed.length === 0 ? 1 : 0) + seen + killed;
  return {
    passed,
    failed: checks - passed,
    summary: {
      simSeeds: report.seeds,
      simViolations: report.failed.length,
      simDeeds: report.deeds,
      simSteps: report.steps,
      simSeconds: Math.round(seconds),
      simSituations: situations.length,
      simSituationsSeen: seen,
      mutants: kills.length,
      mutantsKilled: killed,
      medianSeedsToKill: taken[Math.floor(killed / 2)] ?? null,
      command,
    },
  };
}
