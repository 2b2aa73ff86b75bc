import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pnpmCommand } from './pnpm.mjs';
import { publishablePackages } from './publishable-packages.mjs';
import { runCommand } from './run-command.mjs';

/** Packs every publishable package as the registry would get it. The build must have been done. */
export async function pack() {
  const folder = mkdtempSync(join(tmpdir(), 'backstitch-packed-'));
  const packed = [];
  for (const each of publishablePackages()) {
    if (!existsSync(join(each.folder, 'dist'))) throw new Error(`${each.name} is not built.`);
    const before = new Set(readdirSync(folder));
    const command = pnpmCommand(['pack', '--pack-destination', folder]);
    const { ok, output } = await runCommand(command.file, command.args, { cwd: each.folder, shell: command.shell });
    const file = readdirSync(folder).find((name) => !before.has(name));
    if (!ok || file === undefined) throw new Error(`${each.name} cannot be packed.\n${output}`);
    const tarball = join(folder, file);
    packed.push({ ...each, tarball, size: statSync(tarball).size, files: await filesOf(tarball) });
  }
  return { folder, packed, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

async function filesOf(tarball) {
  const { output } = await runCommand('tar', ['-tzf', tarball]);
  return output.split('\n').map((line) => line.replace(/^package\//, ''));
}
