import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { DevkitError } from './devkit-error.js';
import { guard } from './watchdog.js';

export interface ProcessSpec {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The user to run as, when this process is root and the server refuses to be. */
  readonly runAs?: RunAs;
  /** The signal that ends it at once, for the watchdog. */
  readonly endSignal: NodeJS.Signals;
}

export interface RunAs {
  readonly uid: number;
  readonly gid: number;
}

export interface ServerProcess {
  readonly pid: number;
  /** Settles when it has ended, in whatever way; never rejects. */
  readonly ended: Promise<string>;
  signal(signal: NodeJS.Signals): void;
  /** Sends the signal, waits, and kills what is still there after `grace` milliseconds. */
  end(signal: NodeJS.Signals, grace?: number): Promise<void>;
  /** The last lines it wrote, for error messages. */
  lastWords(): string;
}

const keptOutput = 8_000;

/** Starts a server in a process group of its own: Ctrl-C reaches the program, which then stops the server. */
export async function startProcess(spec: ProcessSpec): Promise<ServerProcess> {
  const child = spawn(spec.file, [...spec.args], {
    cwd: spec.cwd,
    env: spec.env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...spec.runAs,
  });
  const pid = child.pid;
  const guarded = pid === undefined ? undefined : guard({ kind: 'process', pid, signal: spec.endSignal });
  const output = keepOutput(child);
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
  void ended.then(() => guarded?.release());
  if (pid === undefined) {
    throw new DevkitError('DEVKIT_SERVER_DIED', `${spec.name} did not start: ${await ended}`);
  }
  return {
    pid,
    ended,
    signal: (signal) => void child.kill(signal),
    end: async (signal, grace = 10_000) => {
      child.kill('SIGCONT');
      child.kill(signal);
      const abort = new AbortController();
      const late = delay(grace, 'late', { signal: abort.signal }).catch(() => 'ended');
      if ((await Promise.race([ended, late])) === 'late') child.kill('SIGKILL');
      await ended;
      abort.abort();
    },
    lastWords: output,
  };
}

function keepOutput(child: ChildProcess): () => string {
  let kept = '';
  const keep = (chunk: Buffer): void => {
    kept = (kept + chunk.toString('utf8')).slice(-keptOutput);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => kept.trim();
}
