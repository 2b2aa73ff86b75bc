import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface DemoRun {
  readonly pid: number;
  /** Resolves when standard output or standard error says this; rejects where the demo ends before. */
  says(text: string): Promise<void>;
  signal(name: NodeJS.Signals): void;
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
}

/** The built demo as a process of its own, as `npm run demo` starts it. */
export function runDemo(args: readonly string[], environment: Readonly<Record<string, string>> = {}): DemoRun {
  const script = fileURLToPath(new URL('../../dist/demo/main.js', import.meta.url));
  // Nothing of what this test run was told about servers is to reach it unasked.
  const { DATABASE_URL: _url, KAFKA_BROKERS: _brokers, BACKSTITCH_SERVERS: _servers, ...inherited } = process.env;
  const child = spawn(process.execPath, [script, ...args], {
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const heard = { stdout: '', stderr: '' };
  let listeners: (() => void)[] = [];
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      heard[stream] += text;
      for (const listen of listeners) listen();
    });
  }
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, ...heard }));
  });
  return {
    pid: child.pid ?? -1,
    signal: (name) => void child.kill(name),
    ended,
    says: (text) =>
      new Promise((resolve, reject) => {
        const listen = (): void => {
          if (!heard.stdout.includes(text) && !heard.stderr.includes(text)) return;
          listeners = listeners.filter((each) => each !== listen);
          resolve();
        };
        listeners.push(listen);
        listen();
        void ended.then(({ stderr }) => reject(new Error(`the demo ended before it said "${text}": ${stderr}`)));
      }),
  };
}
