// Behind `npm run demo`, `npm test`, `npm run sim` and `npm run verify`: from a fresh clone to the thing itself, with npm and Node alone.
import './end-with-parent.mjs';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { install } from './install.mjs';
import { removeStaleOutput } from './remove-stale-output.mjs';
import { endLike, runScript } from './run-script.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const oldestNode = [20, 19];
const targets = {
  demo: { script: 'examples/order-flow/dist/demo/main.js', builds: true, counts: false },
  test: { script: 'tooling/test.mjs', builds: true, counts: true },
  sim: { script: 'packages/simulation/dist/main.js', builds: true, counts: true },
  // Whether everything compiles is one of the questions it asks itself.
  verify: { script: 'tooling/verify.mjs', builds: false, counts: true },
};

// Everything of ours goes to stderr: with `--json` the standard output belongs to the demo.
const say = (line) => process.stderr.write(`backstitch: ${line}\n`);

async function bootstrap(name, args) {
  const target = targets[name];
  if (target === undefined) return refuse(`what to run? One of ${Object.keys(targets).join(', ')}.`);
  const refuseTarget = (reason) => refuse(reason, target);
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < oldestNode[0] || (major === oldestNode[0] && minor < oldestNode[1])) {
    return refuseTarget(`Node ${oldestNode.join('.')} or newer is needed; this is ${process.versions.node}.`);
  }
  const installed = await install(root, say);
  if (installed !== 0) return refuseTarget('the dependencies could not be installed.');
  if (target.builds) {
    say('building');
    removeStaleOutput(root);
    const built = await runScript('node_modules/typescript/bin/tsc', ['-b'], { cwd: root, stdout: process.stderr });
    if (built.signal !== null) return built;
    if (built.code !== 0) return refuseTarget('the build failed.');
  }
  if (!existsSync(join(root, target.script))) return refuseTarget(`there is no ${target.script}.`);
  say(`running ${target.script}${args.length === 0 ? '' : ` ${args.join(' ')}`}`);
  return runScript(target.script, args, { cwd: root });
}

function refuse(reason, target) {
  say(reason);
  // Who counts tests reads the last line, also when it never came to any.
  if (target?.counts) process.stdout.write('0 passed, 1 failed\n');
  return { code: 1, signal: null };
}

endLike(await bootstrap(process.argv[2] ?? '', process.argv.slice(3)));
