import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { EngineAddress } from './docker-engine.js';

/** Something that must not outlive this process, however it ends. */
export type Guarded =
  | { readonly kind: 'process'; readonly pid: number; readonly signal: NodeJS.Signals }
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'container'; readonly id: string; readonly engine: EngineAddress };

export interface Guard {
  release(): void;
}

let watchdog: ChildProcess | undefined;
let lastId = 0;

/**
 * SIGKILL runs no handler, and handlers for the other signals would take Ctrl-C away from the program that uses
 * devkit. So a detached child holds the read end of a pipe: its end of file says that this process is gone, in
 * whatever way, and the child clears up what was not released before.
 */
export function guard(thing: Guarded): Guard {
  watchdog ??= startWatchdog();
  const id = ++lastId;
  tell(watchdog, { kind: 'guard', id, thing });
  return {
    release: () => {
      if (watchdog !== undefined) tell(watchdog, { kind: 'release', id });
    },
  };
}

function startWatchdog(): ChildProcess {
  const script = fileURLToPath(new URL('../bin/watchdog.mjs', import.meta.url));
  const child = spawn(process.execPath, [script], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    cwd: '/',
    env: {},
  });
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  // The pipe must stay open until the very end, but must not keep this process alive.
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return child;
}

function tell(child: ChildProcess, message: object): void {
  child.stdin?.write(`${JSON.stringify(message)}\n`);
}
