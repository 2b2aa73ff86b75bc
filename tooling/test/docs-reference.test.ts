import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

// What the reference pages list is held to the sources, in both directions: a column, a status or a fact that is added has to be described.
const root = fileURLToPath(new URL('../../', import.meta.url));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const quotedIn = (text: string): string[] => [...text.matchAll(/'([^']+)'/g)].map((match) => match[1] ?? '');
const codeIn = (text: string): Set<string> =>
  new Set([...text.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? ''));

describe('docs/reference/tables.md', () => {
  const page = read('docs/reference/tables.md');
  const sections = new Map(
    page.split(/^## /m).map((text) => [text.slice(0, Math.max(0, text.indexOf('\n'))), text] as const),
  );
  const tables = columnsByTable(migrationTexts());

  it('finds the tables in the migrations', () => {
    expect(tables.get('saga_instances')).toContain('wake_at');
    expect(tables.get('outbox_events')).toContain('deliver_after');
    expect(tables.get('backstitch_outbox_events')).toContain('key');
  });

  it.each([...tables.keys()])('describes each column of %s, and no other', (table) => {
    const section = sections.get(table) ?? '';
    const columns = tables.get(table) ?? [];
    const described = codeIn(section);
    expect(columns.filter((column) => !described.has(column))).toEqual([]);
    const firstCells = [...section.matchAll(/^\| (`[^|]+) \|/gm)].flatMap((match) => [...codeIn(match[1] ?? '')]);
    expect(firstCells.filter((cell) => !columns.includes(cell))).toEqual([]);
  });
});

describe('docs/reference/states.md', () => {
  const page = read('docs/reference/states.md');
  const words = codeIn(page);
  const machine = 'packages/saga-core/src/machine';
  const instance = read(`${machine}/instance.ts`);
  const sagaStatuses = quotedIn(/sagaStatuses = \[(.*?)\]/s.exec(instance)?.[1] ?? '');
  const stepStatuses = quotedIn(/type StepStatus =(.*?);/s.exec(instance)?.[1] ?? '');
  const events = [...read(`${machine}/journal-event.ts`).matchAll(/readonly kind: '(\w+)'/g)].map((match) => match[1]);
  const skips = quotedIn(/type SkipReason =(.*?);/s.exec(read(`${machine}/journal-event.ts`))?.[1] ?? '');
  const discards = quotedIn(/type Discard =(.*?);/s.exec(read(`${machine}/apply-reply.ts`))?.[1] ?? '');
  const fence = quotedIn(
    /type FenceStatus =(.*?);/s.exec(read('packages/saga-core/src/participant/fence-store.ts'))?.[1] ?? '',
  );

  it.each([
    ['status of a saga', sagaStatuses],
    ['status of a step', stepStatuses],
    ['fact of the journal', events],
    ['reason to skip', skips],
    ['reason to discard', discards],
    ['status of a fence row', fence],
  ])('names every %s', (_, names) => {
    expect(names.length).toBeGreaterThan(3);
    expect(names.filter((name) => name === undefined || !words.has(name))).toEqual([]);
  });

  it.each([
    ['a saga', 0, sagaStatuses],
    ['a step', 1, stepStatuses],
    ['a fence row', 2, fence],
  ])('draws every status of %s, and no other', (_, place, names) => {
    const diagram = [...page.matchAll(/```mermaid\n(.*?)```/gs)][place]?.[1] ?? '';
    const arrows = [...diagram.matchAll(/^ {2}(\S+) --> (\S+)/gm)].flatMap(([, from, to]) => [from, to]);
    expect([...new Set(arrows)].sort()).toEqual(['[*]', ...names].sort());
  });
});

function migrationTexts(): string[] {
  const folders = readdirSync(join(root, 'packages')).map((name) => `packages/${name}/src`);
  const migrations = folders.flatMap((folder) => {
    const names = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' });
    return names.filter((name) => /(^|\/)migrations\/\d{4}-[^/]*\.ts$/.test(name)).map((name) => `${folder}/${name}`);
  });
  const ledgers = ['packages/postgres/src/migration-ledger.ts', 'packages/mysql/src/migrate-mysql.ts'];
  return [...migrations.sort(), ...ledgers].map(read);
}

function columnsByTable(texts: readonly string[]): Map<string, string[]> {
  const tables = new Map<string, string[]>();
  for (const text of texts) {
    // On MySQL the tables' names begin with a prefix, and a column may stand in backticks, escaped.
    for (const [, place = '', name = '', body = ''] of text.matchAll(
      /create table (?:if not exists )?\{\{(schema\}\}\.|prefix\}\})(\w+) \(\n(.*?)\n\)/gs,
    )) {
      const words = [...body.matchAll(/^ {2}(?:\\`)?(\w+)(?:\\`)? /gm)].map((match) => match[1] ?? '');
      tables.set(
        place.startsWith('prefix') ? `backstitch_${name}` : name,
        words.filter((word) => !['constraint', 'primary', 'unique', 'index'].includes(word)),
      );
    }
    for (const [, name = '', body = ''] of text.matchAll(/alter table \{\{schema\}\}\.(\w+)\n(.*?);/gs)) {
      const added = [...body.matchAll(/add column (\w+)/g)].map((match) => match[1] ?? '');
      tables.set(name, [...(tables.get(name) ?? []), ...added]);
    }
  }
  return tables;
}
