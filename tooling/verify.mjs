// The gate: everything that can be said about a change without a server. `npm run verify -- types` runs one part.
import { join } from 'node:path';
import { checkExports } from './check-exports.mjs';
import { checkPacked } from './check-packed.mjs';
import { checkSize } from './check-size.mjs';
import { pack } from './pack.mjs';
import { removeStaleOutput } from './remove-stale-output.mjs';
import { root } from './root.mjs';
import { runCommand } from './run-command.mjs';

const print = (line) => process.stdout.write(`${line}\n`);
const script = (path, ...args) => fromCommand(process.execPath, [join(root, 'node_modules', path), ...args]);
const bin = (name, ...args) => fromCommand(join(root, 'node_modules/.bin', name), args);

let tarballs;
const packedOnce = async () => {
  tarballs ??= await pack();
  return tarballs.packed;
};

/** Each part gives back what is wrong; nothing is good. */
const parts = {
  'format and lint': () => bin('biome', 'check', '--error-on-warnings', '.'),
  build: () => {
    removeStaleOutput(root);
    return script('typescript/bin/tsc', '-b');
  },
  types: () => script('typescript/bin/tsc', '-p', 'tsconfig.tests.json'),
  'dependency law and tidy rules': () => vitest('tooling'),
  'unit tests': () => vitest('packages', 'examples', 'bench'),
  'unused code and dependencies': () => bin('knip'),
  'size budget': async () => checkSize(await packedOnce()),
  'package exports': async () => checkExports(await packedOnce()),
  'packed packages': async () => checkPacked(await packedOnce()),
};

const wanted = process.argv.slice(2);
const names = Object.keys(parts).filter((name) => wanted.length === 0 || wanted.some((word) => name.includes(word)));
const failed = [];
for (const name of names) {
  const start = performance.now();
  const faults = await parts[name]().catch((error) => [String(error.message ?? error)]);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  print(`${faults.length === 0 ? 'ok    ' : 'FAILED'} ${name} (${seconds} s)`);
  for (const fault of faults) print(fault.replaceAll(/^/gm, '       '));
  if (faults.length > 0) failed.push(name);
}
tarballs?.remove();
if (failed.length > 0) print(`failed: ${failed.join(', ')}`);
print(`${names.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 && names.length > 0 ? 0 : 1;

function vitest(...filters) {
  const args = ['run', '--project', 'unit', '--passWithNoTests', '--reporter=dot', ...filters];
  return script('vitest/vitest.mjs', ...args);
}

async function fromCommand(file, args) {
  const { ok, output } = await runCommand(file, args, { cwd: root });
  return ok ? [] : [output.trim() || `${file} failed without a word`];
}
