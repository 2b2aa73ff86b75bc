import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type TestDatabase, testDatabase } from '../../packages/devkit/src/testing.js';
import { openPackageRegistry, type PackageRegistry } from '../package-registry.js';
import { actsOf, type TutorialAct, unseen } from '../tutorial-page.js';

/*
 * The tutorial is followed to the letter: its files are written, its commands are run by a shell in an empty folder, and what it shows must be
 * seen. `@backstitch/…` comes from a registry of this test's, which has the packages as they would be published; the rest from npm's.
 */
interface Packing {
  readonly packed: readonly { readonly tarball: string }[];
  remove(): void;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const acts = actsOf(readFileSync(join(root, 'docs/tutorial/your-first-saga.md'), 'utf8'));
const empty = mkdtempSync(join(tmpdir(), 'backstitch-tutorial-'));
let folder = empty;
let packing: Packing;
let registry: PackageRegistry;
let database: TestDatabase;

beforeAll(async () => {
  const { pack } = (await import(new URL('../pack.mjs', import.meta.url).href)) as { pack: () => Promise<Packing> };
  [packing, database] = await Promise.all([pack(), testDatabase()]);
  registry = await openPackageRegistry(packing.packed.map(({ tarball }) => tarball));
});
afterAll(async () => {
  await registry?.close();
  packing?.remove();
  await database?.drop();
  rmSync(empty, { recursive: true, force: true });
});

describe('docs/tutorial/your-first-saga.md', () => {
  it('writes files, runs commands and shows what they print', () => {
    expect(acts.filter(({ kind }) => kind === 'write').length).toBeGreaterThan(5);
    expect(acts.filter((act) => act.kind === 'run' && act.seen.length > 0).length).toBeGreaterThan(1);
  });

  it.each(acts.map((act) => [nameOf(act), act] as const))('%s', async (_name, act) => {
    if (act.kind === 'write') {
      mkdirSync(dirname(join(folder, act.file)), { recursive: true });
      writeFileSync(join(folder, act.file), act.text);
      return;
    }
    const { code, output } = await shell(act.commands);
    expect(code, output).toBe(0);
    expect(unseen(act.seen, output), output).toBe(undefined);
  });
});

function nameOf(act: TutorialAct): string {
  return act.kind === 'write' ? `${act.file} is written` : `${act.commands.split('\n').join('; ')} is run`;
}

/** As typed: one command after the other, from where the last block left off. */
async function shell(commands: string): Promise<{ readonly code: number | null; readonly output: string }> {
  const whereFile = join(empty, '.where');
  const child = spawn('bash', ['-e', '-c', `${commands}\npwd > '${whereFile}'`], { cwd: folder, env: environment() });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += String(chunk)));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (code === 0) folder = readFileSync(whereFile, 'utf8').trim();
  return { code, output };
}

function environment(): NodeJS.ProcessEnv {
  // Of this run's own: vitest and npm tell their children about themselves, and a reader's shell has none of it.
  const own = Object.entries(process.env).filter(([name]) => !/^(VITEST|NODE_ENV|npm_(?!config_))/.test(name));
  return {
    ...Object.fromEntries(own),
    NO_COLOR: '1',
    DATABASE_URL: database.url,
    'npm_config_@backstitch:registry': registry.url,
    npm_config_prefer_offline: 'true',
  };
}
