import { posix } from 'node:path';
import { importsOf } from './imports-of.js';
import type { SourceFile } from './source-tree.js';

/** Circles of imports that exist at run time, where the order of loading decides what is already there. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const edges = new Map(files.map((file) => [file.path, runtimeTargets(file)]));
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' -> '));
    if (start >= 0 || done.has(path)) return;
    for (const target of edges.get(path) ?? []) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return cycles;
}

function runtimeTargets(file: SourceFile): string[] {
  return importsOf(file)
    .filter((each) => !each.typeOnly && each.specifier.startsWith('.'))
    .map((each) => posix.join(posix.dirname(file.path), each.specifier.replace(/\.js$/, '.ts')));
}
