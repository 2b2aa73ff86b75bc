import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DevkitError } from './devkit-error.js';
import { publicCacheFolder } from './public-cache-folder.js';
import { runCommand } from './run-command.js';

interface Installed {
  readonly server: string;
  readonly libraryPath: string;
}

/**
 * MariaDB's server out of Debian's and Ubuntu's own packages, unpacked into the cache and not installed: that needs no root, changes nothing
 * of the system, and starts no service.
 */
export const debianMariadb = { whyNot, install };

/** Newest first: Ubuntu 22.04 has the version in the name. */
const packageNames = ['mariadb-server-core', 'mariadb-server-core-10.6'];
/** What every Debian has, or what no server needs. */
const neverUnpacked = /^(?:libc6|libgcc-s1|gcc-.*|mariadb-common|mysql-common)$/;

async function whyNot(download?: 'never'): Promise<string | null> {
  if ((await present()) !== undefined) return null;
  if (process.platform !== 'linux' || download === 'never') return 'no mariadbd or mysqld on the PATH';
  for (const [tool, flag] of [
    ['apt-get', '--version'],
    ['dpkg', '--version'],
  ] as const) {
    const there = await runCommand(tool, [flag], { cwd: '/' }).then(
      () => true,
      () => false,
    );
    if (!there) return `no mariadbd or mysqld on the PATH, and no ${tool} to get one with`;
  }
  return null;
}

async function present(): Promise<Installed | undefined> {
  const folder = await targetFolder();
  const list = await readFile(join(folder, 'complete'), 'utf8').catch(() => '');
  // Cleaners of temporary folders take old files one by one, so every file is looked for.
  const files = list.split('\n').filter((line) => line !== '');
  return files.length > 0 && files.every((file) => existsSync(join(folder, file)))
    ? installedIn(folder, files)
    : undefined;
}

async function install(): Promise<Installed> {
  const there = await present();
  if (there !== undefined) return there;
  const target = await targetFolder();
  const fresh = await mkdtemp(`${target}-`);
  try {
    const debs = join(fresh, 'debs');
    await mkdir(debs);
    const name = await downloadServer(debs);
    const missing = await missingLibraries(name);
    if (missing.length > 0) await apt(['download', ...missing], debs);
    for (const deb of await readdir(debs)) await runCommand('dpkg', ['-x', join(debs, deb), fresh], { cwd: fresh });
    await rm(debs, { recursive: true });
    const files = await keptFiles(fresh);
    await writeFile(join(fresh, 'complete'), files.join('\n'));
    await runCommand('chmod', ['-R', 'a+rX', fresh], { cwd: '/' });
    await rm(target, { recursive: true, force: true });
    await rename(fresh, target).catch(async (error: unknown) => {
      // Another process was faster, with the same packages.
      if ((await present()) === undefined) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  const installed = await present();
  if (installed === undefined)
    throw new DevkitError('DEVKIT_BINARIES_MISSING', "Debian's package of MariaDB has no mariadbd in it.");
  return installed;
}

async function downloadServer(folder: string): Promise<string> {
  try {
    return await downloadAny(folder);
  } catch (error) {
    // Without lists nothing is known; only root may fetch them.
    if (process.getuid?.() !== 0) throw error;
    await apt(['update', '-q'], folder);
    return downloadAny(folder);
  }
}

async function downloadAny(folder: string): Promise<string> {
  let last: unknown;
  for (const name of packageNames) {
    try {
      await apt(['download', name], folder);
      return name;
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** The server's direct dependencies that this system does not have: their names differ from release to release. */
async function missingLibraries(name: string): Promise<readonly string[]> {
  const text = await runCommand('apt-cache', ['depends', name], { cwd: '/' });
  const names = [...text.matchAll(/^\s*\|?Depends: (\S+)$/gm)].map((match) => match[1] ?? '');
  const missing: string[] = [];
  for (const each of names.filter((one) => !neverUnpacked.test(one) && !one.startsWith('<'))) {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: dpkg's own placeholder.
    const status = await runCommand('dpkg-query', ['-W', '-f', '${db:Status-Status}', each], { cwd: '/' }).catch(
      () => '',
    );
    if (!status.startsWith('installed')) missing.push(each);
  }
  return missing;
}

async function apt(args: readonly string[], cwd: string): Promise<void> {
  await runCommand('apt-get', args, { cwd, timeout: 120_000 });
}

async function keptFiles(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  return names.filter((name) => /(?:bin\/(?:mariadbd|mysqld)|\.sql|english\/errmsg\.sys|\.so\.[\d.]+)$/.test(name));
}

function installedIn(folder: string, files: readonly string[]): Installed {
  const server = files.find((file) => file.endsWith('bin/mariadbd')) ?? 'usr/sbin/mysqld';
  const folders = new Set(files.filter((file) => /\.so\./.test(file)).map((file) => join(folder, file, '..')));
  return { server: join(folder, server), libraryPath: [...folders].join(':') };
}

async function targetFolder(): Promise<string> {
  return join(await publicCacheFolder(), `mariadb-debian-${process.arch}`);
}
