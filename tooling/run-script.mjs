import { spawn } from 'node:child_process';

const endWithParent = new URL('./end-with-parent.mjs', import.meta.url).href;
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Runs a Node script on this process's own streams and gives back how it ended. */
export async function runScript(script, args, { cwd, stdout = 'inherit', env = process.env }) {
  const child = spawn(process.execPath, ['--import', endWithParent, script, ...args], {
    cwd,
    env,
    stdio: ['inherit', stdout, 'inherit'],
  });
  const pass = (signal) => {
    // A terminal sends Ctrl-C to the child as well, and a second one would look like impatience.
    if (signal === 'SIGINT' && process.stdin.isTTY) return;
    child.kill(signal);
  };
  for (const signal of passedOn) process.on(signal, pass);
  try {
    return await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
  } finally {
    for (const signal of passedOn) process.off(signal, pass);
  }
}

/** Ends this process as the script ended, so that a shell sees the same code or signal. */
export function endLike({ code, signal }) {
  if (signal !== null) process.kill(process.pid, signal);
  process.exitCode = code ?? 1;
}
