import { foundText } from '@backstitch/messaging';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Reporter, TestModule, Vitest } from 'vitest/node';
import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import { coverageReport, type CoverageReport } from '../operations/coverage.js';
import { mergeTallies, tallyOf } from '../operations/coverage-tally.js';
import type { CoverageMeta } from './coverage-meta.js';

export interface SagaCoverageOptions {
  /** The least ratio of edges that the run has to take, from 0 to 1; below it the run fails. Default 0: it only tells. */
  readonly threshold?: number;
  /** Sagas that count also where no test runs them. Without it, those that were run. */
  readonly sagas?: readonly SagaDefinition[];
  /** Leaves sagas out, such as those that tests make up. */
  readonly include?: (saga: { readonly name: string; readonly version: number }) => boolean;
  /** Where the report is written as JSON, from the project's root. Default: nowhere. */
  readonly outputFile?: string;
}

/**
 * A reporter for vitest 4 that tells which ways through the sagas the whole run took: every `testSaga` and every closed `createTestEngine` of all
 * files and workers counts. It adds a setup file of its own to each project; its counts come to the main process as the files' meta.
 *
 * @throws SagaError OPTION_INVALID where the threshold is no ratio.
 */
export function sagaCoverage(options: SagaCoverageOptions = {}): Reporter {
  const { threshold = 0 } = options;
  if (!(threshold >= 0 && threshold <= 1)) {
    throw new SagaError('OPTION_INVALID', `the threshold of sagaCoverage is ${foundText(threshold)}`, {
      fields: { field: 'threshold', value: threshold },
      hint: 'give a ratio from 0 to 1, such as 0.9',
    });
  }
  let vitest: Vitest | undefined;
  return {
    onInit(created) {
      vitest = created;
      addSetup(created);
    },
    onTestRunStart() {
      // Projects that came later.
      if (vitest !== undefined) addSetup(vitest);
    },
    onTestRunEnd(modules) {
      if (vitest === undefined) return;
      const report = reportOf(modules, options);
      if (report.rows.length === 0) return;
      vitest.logger.log(`\nSaga coverage: ${report.text}\n`);
      if (options.outputFile !== undefined) write(resolve(vitest.config.root, options.outputFile), report);
      if (report.ratio >= threshold) return;
      vitest.logger.error(
        `ERROR: saga coverage is below its threshold: ${report.missing.length} of ${report.rows.length} edges are missing, ` +
          `at most ${Math.floor((1 - threshold) * report.rows.length)} may be (threshold ${threshold})`,
      );
      process.exitCode = 1;
    },
  };
}

/** As this file is, compiled or not. */
const setupFile = fileURLToPath(
  new URL(import.meta.url.endsWith('.ts') ? './setup.ts' : './setup.js', import.meta.url),
);

function addSetup({ projects }: Vitest): void {
  for (const { config } of projects) if (!config.setupFiles.includes(setupFile)) config.setupFiles.unshift(setupFile);
}

function reportOf(
  modules: readonly TestModule[],
  { sagas = [], include = () => true }: SagaCoverageOptions,
): CoverageReport {
  const found = modules.flatMap((module) => (module.meta() as CoverageMeta).backstitchSagaCoverage ?? []);
  const tallies = mergeTallies([...sagas.map((saga) => tallyOf(saga, [])), ...found]);
  const counted = tallies.filter(({ saga, version }) => include({ name: saga, version }));
  return coverageReport(
    counted.flatMap(({ saga, version, edges }) => edges.map((edge) => ({ saga, version, ...edge }))),
  );
}

function write(path: string, { ratio, rows, missing }: CoverageReport): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify({ ratio, rows, missing }, null, 2)}\n`);
}
