import type { SagaDefinition } from '../definition/step-definition.js';
import type { JournalEntry } from '../machine/journal-event.js';
import { type CoverageEdge, coverageEdges } from './coverage-edge.js';
import { journalEdges } from './journal-edges.js';

/** An edge, and in how many runs it was taken. */
export interface CountedEdge extends CoverageEdge {
  readonly runs: number;
}

/** How often each edge of one definition was taken. Plain JSON: processes hand it to one another. */
export interface SagaTally {
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
  readonly edges: readonly CountedEdge[];
}

/** One run of a saga, or none: then every edge of it counts 0. */
export function tallyOf(definition: SagaDefinition, journal: readonly JournalEntry[]): SagaTally {
  const { name: saga, version, hash } = definition;
  const taken = new Set(journalEdges(definition, journal).map(keyOf));
  return {
    ...{ saga, version, hash },
    edges: coverageEdges(definition).map((edge) => ({ ...edge, runs: taken.has(keyOf(edge)) ? 1 : 0 })),
  };
}

/** One tally a definition, in the order in which they first come. */
export function mergeTallies(tallies: readonly SagaTally[]): readonly SagaTally[] {
  const merged = new Map<string, SagaTally>();
  for (const tally of tallies) {
    const key = JSON.stringify([tally.saga, tally.version, tally.hash]);
    const before = merged.get(key);
    merged.set(key, before === undefined ? tally : sumOf(before, tally));
  }
  return [...merged.values()];
}

/** The same hash has the same steps, but not the same edges where a policy or a contract differs. */
function sumOf(one: SagaTally, other: SagaTally): SagaTally {
  const runs = new Map(one.edges.map((edge) => [keyOf(edge), edge]));
  for (const edge of other.edges) {
    const before = runs.get(keyOf(edge))?.runs ?? 0;
    runs.set(keyOf(edge), { ...edge, runs: before + edge.runs });
  }
  return { ...one, edges: [...runs.values()] };
}

function keyOf({ step, direction, outcome }: CoverageEdge): string {
  return `${direction} ${step} ${outcome}`;
}
