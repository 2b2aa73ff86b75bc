import { describe, expect, it } from 'vitest';
import { actsOf, unseen } from '../tutorial-page.js';

describe('the acts of a tutorial', () => {
  it('are its files and its commands, with what they show', () => {
    const page = [
      '# A page',
      '```ts file=src/a.ts',
      'const a = 1;',
      '```',
      'Then:',
      '```sh',
      'npx tsc',
      'node a.js',
      '```',
      '```text',
      'a is 1',
      '```',
      '```sh yours',
      'export A=…',
      '```',
    ].join('\n');
    expect(actsOf(page)).toEqual([
      { kind: 'write', line: 2, file: 'src/a.ts', text: 'const a = 1;\n' },
      { kind: 'run', line: 6, commands: 'npx tsc\nnode a.js', seen: ['a is 1'] },
    ]);
  });
});

describe('what a command shows', () => {
  it.each([
    [['b', 'd'], 'a\nb\nc\nd\n', undefined],
    [['d', 'b'], 'a\nb\nc\nd\n', 'b'],
    [['took … ms'], 'took 12 ms', undefined],
    [['(3 tests)'], '(3 tests) and more', '(3 tests)'],
    [['  a.b'], '  axb', '  a.b'],
  ])('is %j of %j, but for %j', (promised, output, missing) => {
    expect(unseen(promised, output)).toBe(missing);
  });
});
