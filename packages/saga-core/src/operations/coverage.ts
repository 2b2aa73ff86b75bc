import { foundText } from '@backstitch/messaging';
import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import type { JournalEntry } from '../machine/journal-event.js';
import { type CoverageEdge, coverageEdges } from './coverage-edge.js';
import { journalEdges } from './journal-edges.js';

/** An edge, and in how many runs it was taken. */
export interface CoverageRow extends CoverageEdge {
  readonly saga: string;
  readonly version: number;
  readonly runs: number;
}

export interface CoverageReport {
  /** By saga as given, step, and edge. */
  readonly rows: readonly CoverageRow[];
  readonly missing: readonly CoverageRow[];
  /** Edges taken of all edges: 1 is all of them. */
  readonly ratio: number;
  /** A line a step, for people. */
  readonly text: string;
}

export interface Coverage {
  /**
   * Adds what one instance did: a run of `testSaga`, or `{ journal }` of a real one.
   *
   * @throws SagaError OPTION_INVALID where the definition is not among those that are measured.
   */
  add(definition: SagaDefinition, run: { readonly journal: readonly JournalEntry[] }): void;
  report(): CoverageReport;
  /**
   * Fails a test where fewer of the edges were taken.
   *
   * @param least from 0 to 1.
   * @throws SagaError COVERAGE_TOO_LOW with the missing edges, OPTION_INVALID where `least` is no ratio.
   */
  require(least: number): void;
}

/**
 * Measures which ways through a saga were tried: each step, done and undone, with each outcome. Lines of code do not tell: the ways back are
 * the machine's, not the author's. It collects in memory, so that the tests that it measures belong into one process; over
 * many files `sagaCoverage` of `@backstitch/saga-core/vitest` does it.
 */
export function createCoverage(definitions: readonly SagaDefinition[]): Coverage {
  const taken = new Map<SagaDefinition, Map<string, number>>(
    definitions.map((definition) => [definition, new Map<string, number>()]),
  );
  const report = (): CoverageReport => coverageReport(rowsOf(taken));
  return {
    add(definition, { journal }) {
      const runs = taken.get(definition);
      if (runs === undefined) throw notMeasured(definition, definitions);
      const keys = new Set(journalEdges(definition, journal).map(keyOf));
      for (const key of keys) runs.set(key, (runs.get(key) ?? 0) + 1);
    },
    report,
    require(least) {
      if (!Number.isFinite(least) || least < 0 || least > 1) {
        throw new SagaError('OPTION_INVALID', `the least coverage is ${foundText(least)}`, {
          fields: { field: 'least', value: least },
          hint: 'give a ratio from 0 to 1, such as 0.9',
        });
      }
      const { ratio, missing, text } = report();
      if (ratio >= least) return;
      throw new SagaError(
        'COVERAGE_TOO_LOW',
        `the tests take ${percent(ratio)}, less than ${percent(least)}:\n${text}`,
        {
          fields: { ratio, least, missing },
          hint: 'let the missing steps decline, stay silent, or fail after one another',
        },
      );
    },
  };
}

function rowsOf(taken: ReadonlyMap<SagaDefinition, ReadonlyMap<string, number>>): CoverageRow[] {
  return [...taken].flatMap(([definition, runs]) =>
    coverageEdges(definition).map((edge) => {
      return { saga: definition.name, version: definition.version, ...edge, runs: runs.get(keyOf(edge)) ?? 0 };
    }),
  );
}

/** What rows of any origin come to. */
export function coverageReport(rows: readonly CoverageRow[]): CoverageReport {
  const missing = rows.filter(({ runs }) => runs === 0);
  const ratio = rows.length === 0 ? 1 : (rows.length - missing.length) / rows.length;
  return { rows, missing, ratio, text: textOf(rows, ratio) };
}

function textOf(rows: readonly CoverageRow[], ratio: number): string {
  const steps = new Map<string, string[]>();
  for (const row of rows) {
    const step = `${row.saga} version ${row.version}  ${row.step}`;
    steps.set(step, [...(steps.get(step) ?? []), edgeText(row)]);
  }
  const width = Math.max(0, ...[...steps.keys()].map((step) => step.length));
  const lines = [...steps].map(([step, edges]) => `  ${step.padEnd(width)}  ${edges.join(', ')}`);
  const taken = rows.filter(({ runs }) => runs > 0).length;
  return [`${taken} of ${rows.length} edges, ${percent(ratio)}; × is missing`, ...lines].join('\n');
}

function edgeText({ direction, outcome, runs }: CoverageRow): string {
  const name = direction === 'do' ? outcome : `undone ${outcome}`;
  return runs === 0 ? `× ${name}` : `${name} ${runs}`;
}

/** Rounded down: 100 % is all of them. */
function percent(ratio: number): string {
  return `${Math.floor(ratio * 100)} %`;
}

function keyOf({ step, direction, outcome }: CoverageEdge): string {
  return `${direction} ${step} ${outcome}`;
}

function notMeasured({ name, version }: SagaDefinition, definitions: readonly SagaDefinition[]): SagaError {
  const measured = definitions.map((each) => `${each.name} version ${each.version}`);
  return new SagaError('OPTION_INVALID', `saga '${name}' version ${version} is not measured`, {
    fields: { saga: name, version, measured },
    hint: `add it to createCoverage([…]); measured are ${measured.join(', ') || 'none'}`,
  });
}
