import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CoverageReport } from '../../src/index.js';

const project = fileURLToPath(new URL('./project/', import.meta.url));
const cli = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'backstitch-coverage-'));
});
afterAll(() => rm(folder, { recursive: true }));

interface Run {
  readonly code: number;
  readonly output: string;
  readonly report: CoverageReport;
}

/** A user's whole run in a process of its own: two files, each in a worker, one with `testSaga` and one with a test engine. */
async function runVitest(threshold: number, ...files: readonly string[]): Promise<Run> {
  const outputFile = join(folder, `${threshold}-${files.length}.json`);
  const env = { PATH: process.env['PATH'], THRESHOLD: String(threshold), OUTPUT: outputFile, NO_COLOR: '1', CI: '1' };
  const ended = await promisify(execFile)(process.execPath, [cli, 'run', ...files], { cwd: project, env }).then(
    ({ stdout, stderr }) => ({ code: 0, output: stdout + stderr }),
    ({ code, stdout, stderr }: { code: number; stdout: string; stderr: string }) => ({ code, output: stdout + stderr }),
  );
  return { ...ended, report: JSON.parse(await readFile(outputFile, 'utf8')) as CoverageReport };
}

it('adds up what all files and workers ran, and passes at its threshold', async () => {
  const { code, output, report } = await runVitest(0.4);
  expect(output).toContain('Saga coverage: 3 of 7 edges, 42 %; × is missing');
  expect(output).toContain('payment version 1  charge  succeeded 1, declined 1, × unknown, × undone after success');
  expect(report.missing).toHaveLength(4);
  expect(code, output).toBe(0);
});

it('fails the run below its threshold, with all tests green', async () => {
  const { code, output } = await runVitest(0.9);
  expect(output).toContain('2 passed');
  expect(output).toContain('saga coverage is below its threshold: 4 of 7 edges are missing');
  expect(code).toBe(1);
});

it('counts an edge that only one of the files takes as missing where that file is not run', async () => {
  const { code, report } = await runVitest(0.4, 'charged');
  expect(report.missing).toContainEqual(expect.objectContaining({ step: 'charge', outcome: 'declined' }));
  expect(code).toBe(1);
});
