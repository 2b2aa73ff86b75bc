import { readdirSync, readFileSync } from 'node:fs';
import { waitUntil } from './wait-until.js';

/**
 * SIGSTOP is asynchronous: the threads of a busy process run on for a moment after `kill` has returned, and a broker may answer in it. Resolves
 * when every thread stands still. Where there is no /proc the signal's word is taken for it.
 */
export async function untilStopped(pid: number): Promise<void> {
  await waitUntil(
    async () => {
      const running = threadStates(pid).filter((state) => state !== 'T' && state !== 't');
      if (running.length > 0) throw new Error(`${running.length} threads still run`);
    },
    { name: `the stopping of process ${pid}`, within: 10_000 },
  );
}

function threadStates(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map((thread) => stateOf(`/proc/${pid}/task/${thread}/stat`));
  } catch {
    return [];
  }
}

/** The first field behind the command's closing bracket; a command may hold blanks and brackets of its own. */
function stateOf(file: string): string {
  const text = readFileSync(file, 'utf8');
  return text.slice(text.lastIndexOf(')') + 2, text.lastIndexOf(')') + 3);
}
