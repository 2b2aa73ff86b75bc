import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** A Node process of its own that runs `<name>.ts` of this folder on the sources; its parameter is its first message. */
export function forkChild(name: string, parameter: object): ChildProcess {
  const file = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
  const child = fork(file(`./${name}.ts`), {
    execArgv: ['-C', '@backstitch/source', '--import', new URL('./run-typescript.mjs', import.meta.url).href],
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.send(parameter);
  return child;
}

/** The child's next message; throws where it ends without one. */
export async function nextMessage<T>(child: ChildProcess): Promise<T> {
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`The child process ended before it said anything (code ${code}, signal ${signal}).`);
  });
  const [message] = (await Promise.race([once(child, 'message'), ended])) as [T];
  return message;
}

export async function killChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
