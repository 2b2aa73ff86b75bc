import { readdir, readFile } from 'node:fs/promises';

/** Linux counts processor time in hundredths of a second for programs, whatever the kernel's own tick is. */
const msPerTick = 10;

interface ProcessTimes {
  readonly pid: number;
  readonly parent: number;
  /** Of this process and of its children that have ended, in milliseconds. */
  readonly cpuMs: number;
}

/**
 * The processor time of a whole Postgres in milliseconds: the parent of `backendPid` with all its children. Undefined where the server is not
 * on this machine, or this is not Linux.
 */
export async function postgresCpuMs(backendPid: number): Promise<number | undefined> {
  const backend = await processTimes(backendPid);
  if (backend === undefined) return undefined;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(pids.map(processTimes));
  const family = all.filter(
    (each) => each !== undefined && (each.pid === backend.parent || each.parent === backend.parent),
  );
  return family.reduce((sum, each) => sum + (each?.cpuMs ?? 0), 0);
}

async function processTimes(pid: number): Promise<ProcessTimes | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  // The name stands in parentheses and may hold anything: fields are counted from behind it.
  const fields = text
    .slice(text.lastIndexOf(')') + 2)
    .split(' ')
    .map(Number);
  const [, parent = 0] = fields;
  const ticks = fields.slice(11, 15).reduce((sum, each) => sum + each, 0);
  return { pid, parent, cpuMs: ticks * msPerTick };
}
