import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
// What these pages show is run, not only compiled: their tests are registered here.
import '../../docs/snippets/unit-test-a-saga.js';
import '../../docs/snippets/change-a-saga.js';
import '../../docs/snippets/keep-two-sagas-off-one-record.js';
import '../../docs/snippets/change-a-running-saga.js';
import '../../docs/snippets/measure-compensation-coverage.js';
import '../../docs/snippets/replay-a-journal.js';
import '../../docs/snippets/see-a-saga.js';
import '../../docs/snippets/call-an-http-api.js';
import '../../docs/snippets/wait-for-an-approval.js';
import '../../docs/snippets/sleep-for-days.js';
import '../../docs/snippets/run-steps-side-by-side.js';
import '../../docs/snippets/choose-the-pivot.js';
import '../../docs/snippets/make-a-step-conditional.js';
import '../../docs/snippets/set-deadlines-and-retries.js';
import '../../docs/snippets/your-first-saga/test/place-order.test.js';

/*
 * Code in the documentation stands twice: in docs/snippets, where the compiler checks it, and in the page, where people read it. A block
 * that is fenced with ```ts snippet=<file>#<region> is held to be the region of docs/snippets/<file>, between its `// #region <name>`
 * and `// #endregion <name>`. A tutorial has whole files instead: ```ts file=<path> is held to be docs/snippets/<name of the page>/<path>.
 */
const root = fileURLToPath(new URL('../../', import.meta.url));
const snippetsFolder = join(root, 'docs/snippets');

interface Block {
  readonly line: number;
  readonly source: string | undefined;
  readonly file: string | undefined;
  readonly code: string;
}

const docs = filesBelow(join(root, 'docs'), '.md');
const readmes = ['README.md', ...folders('packages').map((folder) => `${folder}/README.md`)].filter(exists);
const pages = [...docs.map((path) => relative(root, path)), ...readmes];
const regions = new Map(readdirSync(snippetsFolder).filter(isTypeScript).flatMap(regionsOf));

describe('code in the documentation', () => {
  it.each(pages)('of %s is what the compiler checked', (page) => {
    for (const { line, source, file, code } of typeScriptBlocks(read(page))) {
      if (source !== undefined) expect(code, `${page}:${line}`).toBe(regions.get(source) ?? `(no region ${source})`);
      if (file !== undefined) expect(`${code}\n`, `${page}:${line}`).toBe(read(join(filesFolderOf(page), file)));
    }
  });

  it('below docs is always checked', () => {
    const unchecked = docs
      .map((path) => relative(root, path))
      .flatMap((page) =>
        typeScriptBlocks(read(page)).flatMap(({ line, source, file }) =>
          source === undefined && file === undefined ? `${page}:${line}` : [],
        ),
      );
    expect(unchecked).toEqual([]);
  });

  it('has no region that no page shows', () => {
    const shown = new Set(pages.flatMap((page) => typeScriptBlocks(read(page)).map(({ source }) => source)));
    expect([...regions.keys()].filter((region) => !shown.has(region))).toEqual([]);
  });
});

describe('links in the documentation', () => {
  it.each(pages)('of %s lead to files', (page) => {
    const targets = [...read(page).matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)/g)].map((match) => match[1] ?? '');
    expect(targets.filter((target) => !exists(join(page, '..', target)))).toEqual([]);
  });
});

describe('the comparison bites', () => {
  it('reads a block and its region', () => {
    const page =
      'a\n```ts snippet=x.ts#y\nconst a = 1;\n```\n```ts\nb\n```\n```sh\nc\n```\n```ts file=src/d.ts\nd\n```\n';
    expect(typeScriptBlocks(page)).toEqual([
      { line: 2, source: 'x.ts#y', file: undefined, code: 'const a = 1;' },
      { line: 5, source: undefined, file: undefined, code: 'b' },
      { line: 11, source: undefined, file: 'src/d.ts', code: 'd' },
    ]);
  });
});

function typeScriptBlocks(page: string): Block[] {
  return [...page.matchAll(/^```ts(?: snippet=(\S+)| file=(\S+))?[^\n]*\n(.*?)\n```$/gms)].map((match) => ({
    line: page.slice(0, match.index).split('\n').length,
    source: match[1],
    file: match[2],
    code: match[3] ?? '',
  }));
}

function filesFolderOf(page: string): string {
  return join('docs/snippets', basename(page, '.md'));
}

function regionsOf(file: string): [string, string][] {
  const text = readFileSync(join(snippetsFolder, file), 'utf8');
  const found = text.matchAll(/^\/\/ #region (\S+)\n(.*?)\n\/\/ #endregion \1$/gms);
  return [...found].map((match) => [`${file}#${match[1] ?? ''}`, match[2] ?? '']);
}

function filesBelow(folder: string, ending: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules' || entry.name.startsWith('.')) return [];
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
}

function folders(parent: string): string[] {
  return readdirSync(join(root, parent)).map((name) => `${parent}/${name}`);
}

function exists(path: string): boolean {
  return existsSync(join(root, path));
}

function isTypeScript(name: string): boolean {
  return name.endsWith('.ts');
}

function read(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}
