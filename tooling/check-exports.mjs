import { join } from 'node:path';
import { root } from './root.mjs';
import { runCommand } from './run-command.mjs';

const bin = (name) => join(root, 'node_modules/.bin', name);

/** publint and attw on each tarball, and the files that belong into every package. */
export async function checkExports(packed) {
  const faults = [];
  for (const { name, tarball, files } of packed) {
    for (const file of ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts']) {
      if (!files.includes(file)) faults.push(`${name}: there is no ${file} in the package`);
    }
    const strays = files.filter((file) => /\.tsbuildinfo$|(^|\/)(test|node_modules)\/|\.test\./.test(file));
    if (strays.length > 0) faults.push(`${name}: ${strays.join(', ')} should not be in the package`);
    const publint = await runCommand(bin('publint'), ['run', tarball, '--strict']);
    if (!publint.ok) faults.push(`${name}: publint\n${publint.output}`);
    const attw = await runCommand(bin('attw'), [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji']);
    if (!attw.ok) faults.push(`${name}: attw\n${attw.output}`);
  }
  return faults;
}
