import { readFile } from 'node:fs/promises';
import { DevkitError } from './devkit-error.js';
import type { RunAs } from './server-process.js';

/** Postgres refuses to run as root, and initdb wants a user whom the machine knows by name. */
export async function unprivilegedUser(): Promise<RunAs | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const entries = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const entry = entries.find((fields) => fields[0] === name);
    const uid = Number(entry?.[2] ?? 0);
    const gid = Number(entry?.[3] ?? 0);
    if (uid > 0 && gid > 0) return { uid, gid };
  }
  throw new DevkitError(
    'DEVKIT_NO_POSTGRES',
    'Postgres does not run as root, and there is no user "nobody" to run it as.',
  );
}
