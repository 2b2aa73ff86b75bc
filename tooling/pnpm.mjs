// No dependency may be used here: this runs before anything is installed.
import { spawn } from 'node:child_process';
import { basename } from 'node:path';

// The one place that names it. A `packageManager` field would have pnpm resolve builds of itself that no registry has.
const version = '12.21.0';

/** The command that runs the pinned pnpm through npm, which comes with every Node: nothing has to be on the PATH. */
export function pnpmCommand(args) {
  const options = ['exec', '--yes', '--prefer-offline', `--package=pnpm@${version}`, '--', 'pnpm', ...args];
  const npm = process.env.npm_execpath;
  if (npm !== undefined && basename(npm) === 'npm-cli.js') return { file: process.execPath, args: [npm, ...options] };
  return process.platform === 'win32'
    ? { file: 'npm.cmd', args: options, shell: true }
    : { file: 'npm', args: options, shell: false };
}

/** Runs pnpm with all its output on stderr; gives back the exit code. */
export async function runPnpm(args, options = {}) {
  const command = pnpmCommand(args);
  const child = spawn(command.file, command.args, {
    stdio: ['ignore', process.stderr, process.stderr],
    shell: command.shell ?? false,
    ...options,
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
