import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { connector, setupSql } from '../../docs/snippets/relay-with-debezium-connector.js';

const page = readFileSync(new URL('../../docs/how-to/relay-with-debezium.md', import.meta.url), 'utf8');
const block = (language: string): string =>
  new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'ms').exec(page)?.[1] ?? '';

it('the page on Debezium prints the configuration and the SQL that its code makes', () => {
  expect(JSON.parse(block('json'))).toEqual({ ...connector.config, 'database.password': '…' });
  expect(block('sql')).toBe(setupSql);
});
