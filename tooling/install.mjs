import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runPnpm } from './pnpm.mjs';

/** Installs what the lockfile says, unless that has been done already. */
export async function install(root, say) {
  const stamp = join(root, 'node_modules', '.backstitch-installed');
  const wanted = fingerprint(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return 0;
  say('installing the dependencies with pnpm (once)');
  // A registry may drop one of some hundred requests; pnpm keeps what has arrived.
  for (let left = 2; ; left--) {
    const code = await runPnpm(['install', '--frozen-lockfile'], { cwd: root });
    if (code === 0) {
      writeFileSync(stamp, wanted);
      return 0;
    }
    if (left === 0) return code;
    say('the install failed, trying again');
  }
}

function fingerprint(root) {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) {
    hash.update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}
