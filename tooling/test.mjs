// Runs the unit, int and e2e projects, then says what ran, what was skipped and why. Arguments go to vitest.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runScript } from './run-script.mjs';
import { lastLine, testCounts } from './test-counts.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'backstitch-report-'));
const file = join(folder, 'report.json');
const print = (line) => process.stdout.write(`${line}\n`);

const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
const end = await runScript('node_modules/vitest/vitest.mjs', ['run', ...reporters, ...process.argv.slice(2)], {
  cwd: root,
});
const report = readReport();
rmSync(folder, { recursive: true, force: true });

const sum = { passed: 0, failed: 0, skipped: 0 };
if (report === undefined) {
  print('\nvitest ended without a report: its output above says why.');
} else {
  const { projects, skipped, failed } = testCounts(report);
  print('');
  for (const [name, counts] of projects) {
    print(`${name.padEnd(5)} ${lastLine(counts)}`);
    for (const key of Object.keys(sum)) sum[key] += counts[key];
  }
  for (const name of skipped) print(`skipped: ${name}`);
  for (const name of failed) print(`failed: ${name}`);
}
// An error outside any test, or a run that broke off, is a failure too.
if (sum.failed === 0 && (end.code !== 0 || report === undefined)) sum.failed = 1;
print(lastLine(sum));
process.exitCode = sum.failed === 0 ? 0 : (end.code ?? 1) || 1;

function readReport() {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
