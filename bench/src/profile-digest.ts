import { readFile } from 'node:fs/promises';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
}
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Sums up what `node --cpu-prof` wrote: where the processor was, by whose code it ran and by function. Idle time is left out. */
function digest({ nodes, samples, timeDeltas }: CpuProfile): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const owners = new Map<string, number>();
  const functions = new Map<string, number>();
  let busy = 0;
  samples.forEach((id, at) => {
    const node = byId.get(id);
    const spent = timeDeltas[at] ?? 0;
    if (node === undefined || node.callFrame.functionName === '(idle)') return;
    busy += spent;
    const { functionName, url, lineNumber } = node.callFrame;
    const owner = ownerOf(functionName, url);
    owners.set(owner, (owners.get(owner) ?? 0) + spent);
    const name = `${functionName || '(anonymous)'} ${url.split('/').slice(-3).join('/')}:${lineNumber + 1}`;
    functions.set(name, (functions.get(name) ?? 0) + spent);
  });
  const table = (of: ReadonlyMap<string, number>, most: number): string =>
    [...of]
      .sort(([, one], [, other]) => other - one)
      .slice(0, most)
      .map(([name, spent]) => `${((spent / busy) * 100).toFixed(1).padStart(5)} %  ${name}`)
      .join('\n');
  return `busy ${(busy / 1_000).toFixed(0)} ms\n\n${table(owners, 20)}\n\n${table(functions, 35)}\n`;
}

function ownerOf(functionName: string, url: string): string {
  if (functionName === '(garbage collector)') return 'garbage collector';
  const module = /node_modules\/(?:\.pnpm\/[^/]+\/node_modules\/)?(@[^/]+\/[^/]+|[^/]+)/.exec(url)?.[1];
  if (module !== undefined) return module;
  const ours = /\/(packages\/[^/]+\/(?:dist|src)\/[^/]+|bench)\//.exec(url)?.[1];
  if (ours !== undefined) return ours;
  return url.startsWith('node:') ? 'node' : `native ${functionName}`;
}

const [file] = process.argv.slice(2);
if (file === undefined) {
  process.stderr.write('Usage: node bench/dist/profile-digest.js <file.cpuprofile>\n');
  process.exitCode = 2;
} else process.stdout.write(digest(JSON.parse(await readFile(file, 'utf8')) as CpuProfile));
