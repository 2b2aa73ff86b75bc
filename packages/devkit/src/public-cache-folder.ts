import { chmod, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DevkitError } from './devkit-error.js';
import { publicTempFolder } from './public-temp-folder.js';

/**
 * Where programs are kept for the next time, readable for every user. Named after our user, and refused when another one made it: these files
 * are going to be executed.
 */
export async function publicCacheFolder(): Promise<string> {
  const uid = process.getuid?.() ?? 0;
  const root = join(await publicTempFolder(), `backstitch-cache-${uid}`);
  await mkdir(root, { recursive: true, mode: 0o755 });
  const { uid: owner, mode } = await lstat(root);
  const posix = process.platform !== 'win32';
  if (posix && (owner !== uid || (mode & 0o022) !== 0)) {
    throw new DevkitError('DEVKIT_BINARIES_MISSING', `${root} belongs to another user or is writable by others.`);
  }
  if (posix) await chmod(root, 0o755);
  return root;
}
