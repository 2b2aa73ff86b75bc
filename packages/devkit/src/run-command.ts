import { spawn } from 'node:child_process';
import { DevkitError } from './devkit-error.js';
import type { RunAs } from './server-process.js';
import { guard } from './watchdog.js';

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly runAs?: RunAs;
  readonly timeout?: number;
  /** What it reads from its standard input. */
  readonly input?: string;
}

/** Runs a command to its end and gives back what it wrote. */
export async function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const child = spawn(file, [...args], {
    cwd: options.cwd,
    env: options.env ?? process.env,
    stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    ...options.runAs,
  });
  // A command that ends early closes its side; its exit code says more.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input);
  // A timer of our own: spawn's `timeout` is cleared by `exit`, which a file that cannot be started never emits (Node 20), and
  // until it fires the whole process stays alive.
  const overdue = setTimeout(() => child.kill(), options.timeout ?? 60_000);
  const guarded = child.pid === undefined ? undefined : guard({ kind: 'process', pid: child.pid, signal: 'SIGKILL' });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output += chunk.toString('utf8');
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  const end = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? '' : (signal ?? `exit code ${code}`)));
  });
  clearTimeout(overdue);
  guarded?.release();
  if (end !== '') {
    throw new DevkitError('DEVKIT_COMMAND_FAILED', `${file} failed (${end}): ${output.slice(-4_000).trim()}`);
  }
  return output;
}
