import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './root.mjs';

/** Compares what was packed with tooling/size-budget.json. */
export function checkSize(packed) {
  const budget = JSON.parse(readFileSync(join(root, 'tooling/size-budget.json'), 'utf8'));
  return packed.flatMap(({ name, manifest, size }) => {
    const allowed = budget[name];
    if (allowed === undefined) return [`${name} has no budget in tooling/size-budget.json`];
    const kibibytes = Math.ceil(size / 1024);
    const count = Object.keys(manifest.dependencies ?? {}).length;
    return [
      ...(kibibytes > allowed.packedKiB ? [`${name}: ${kibibytes} KiB packed, ${allowed.packedKiB} are allowed`] : []),
      ...(count > allowed.dependencies ? [`${name}: ${count} dependencies, ${allowed.dependencies} are allowed`] : []),
    ];
  });
}
