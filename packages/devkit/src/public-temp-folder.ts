import { stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname } from 'node:path';

/** A temporary folder that the unprivileged user can reach: TMPDIR may well lie below a private home. */
export async function publicTempFolder(): Promise<string> {
  const candidates = process.platform === 'win32' ? [tmpdir()] : [tmpdir(), '/tmp', '/var/tmp'];
  for (const candidate of candidates) {
    if (process.getuid?.() !== 0 || (await passable(candidate))) return candidate;
  }
  return tmpdir();
}

async function passable(folder: string): Promise<boolean> {
  const { mode } = await stat(folder).catch(() => ({ mode: 0 }));
  if ((mode & 0o001) === 0) return false;
  const parent = dirname(folder);
  return parent === folder || passable(parent);
}
