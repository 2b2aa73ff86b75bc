import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { FromService, ToService } from './process-message.js';
import type { ServiceName } from '../service-names.js';

/** A service in a process of its own. */
export interface ServiceProcess {
  readonly url: string;
  readonly pid: number;
  tell(message: ToService): void;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
  /** Asks it to stop, and kills it where it does not. */
  stop(): Promise<void>;
}

export interface ServiceProcessOptions {
  /** The folder of the built files, with a slash at the end: a child process runs no TypeScript. */
  readonly built: URL;
  /** Added to this process's environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
}

const startWithinMs = 60_000;
const stopWithinMs = 8_000;

/** Resolves when the service is ready. */
export async function startServiceProcess(
  name: ServiceName,
  { built, environment, signal }: ServiceProcessOptions,
): Promise<ServiceProcess> {
  signal.throwIfAborted();
  const script = new URL(`${name}/main.js`, built);
  if (!existsSync(script)) throw new Error(`there is no ${script.pathname}: build the example first`);
  const child = fork(script, {
    env: { ...process.env, ...environment, PORT: '0' },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await gone;
  };
  try {
    const url = await readiness(child, { name, signal });
    return {
      url,
      pid: child.pid ?? -1,
      tell: (message) => void child.send(message),
      kill,
      stop: () => stop(child, { gone, kill }),
    };
  } catch (error) {
    await kill();
    throw error;
  }
}

function readiness(
  child: ChildProcess,
  { name, signal }: { readonly name: ServiceName; readonly signal: AbortSignal },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (what: string): void => reject(new Error(`the ${name} service ${what}`));
    const timer = setTimeout(() => fail(`was not ready within ${startWithinMs} ms`), startWithinMs);
    const abort = (): void => fail('was interrupted');
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    signal.addEventListener('abort', abort, { once: true });
    child.once('error', (error) => reject(error));
    child.once('exit', (code) => {
      over();
      fail(`ended with status ${code} before it was ready`);
    });
    child.on('message', (message: FromService) => {
      over();
      if (message.kind === 'ready') resolve(message.url);
      else fail(`could not start: ${message.message}`);
    });
  });
}

async function stop(
  child: ChildProcess,
  { gone, kill }: { readonly gone: Promise<void>; readonly kill: () => Promise<void> },
): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  if (child.connected) child.send({ kind: 'stop' } satisfies ToService);
  const timer = setTimeout(() => void kill(), stopWithinMs);
  await gone;
  clearTimeout(timer);
}
