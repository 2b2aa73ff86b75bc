import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';

const outputs = /\.(js|js\.map|d\.ts|d\.ts\.map)$/;

/** The compiler leaves what it made of a file that is gone, and everybody could go on importing and packing it. */
export function removeStaleOutput(root) {
  const folders = ['packages', 'examples'].flatMap((parent) =>
    existsSync(join(root, parent)) ? readdirSync(join(root, parent)).map((name) => join(root, parent, name)) : [],
  );
  for (const folder of [...folders, join(root, 'bench')]) {
    const dist = join(folder, 'dist');
    if (!existsSync(dist)) continue;
    for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const source = join(folder, 'src', relative(dist, path).replace(outputs, '.ts'));
      if (entry.isFile() && outputs.test(entry.name) && !existsSync(source)) rmSync(path);
    }
  }
}
