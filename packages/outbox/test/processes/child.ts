import { type ChildProcess, fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A process of the test's own, started from a script in this folder. */
export interface Child {
  readonly exited: Promise<void>;
  /** Resolves at the next message of that kind, one that came before included. */
  said(kind: string): Promise<void>;
  /** Messages of that kind so far. */
  count(kind: string): number;
  /** What the messages of that kind so far say of `rows`, added up. */
  rows(kind: string): number;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** SIGKILL; resolves when it is gone. A process that is gone is fine. */
  kill(): Promise<void>;
}

export function startChild(script: string, environment: Readonly<Record<string, string>>): Child {
  if (!existsSync(new URL('../../dist/index.js', import.meta.url)))
    throw new Error('a child process runs no TypeScript: build the packages first, with npx tsc -b');
  const file = fileURLToPath(new URL(script, import.meta.url));
  const child: ChildProcess = fork(file, {
    env: { ...process.env, ...environment },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const counts = new Map<string, number>();
  const rows = new Map<string, number>();
  const waiting: { readonly kind: string; readonly resolve: () => void }[] = [];
  child.on('message', (message: { readonly kind: string; readonly rows?: number }) => {
    rows.set(message.kind, (rows.get(message.kind) ?? 0) + (message.rows ?? 0));
    counts.set(message.kind, (counts.get(message.kind) ?? 0) + 1);
    for (const one of waiting.filter(({ kind }) => kind === message.kind)) one.resolve();
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  return {
    exited,
    said: (kind) =>
      counts.has(kind) ? Promise.resolve() : new Promise<void>((resolve) => waiting.push({ kind, resolve })),
    count: (kind) => counts.get(kind) ?? 0,
    rows: (kind) => rows.get(kind) ?? 0,
    signal: (signal) => void child.kill(signal),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
