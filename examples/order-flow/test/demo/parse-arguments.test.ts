import { expect, it } from 'vitest';
import { helpText, parseArguments } from '../../src/demo/parse-arguments.js';

it('plays in memory and shows a table unless told otherwise', () => {
  expect(parseArguments([])).toEqual({ kind: 'run', options: { transport: 'memory', output: 'text', logs: 'silent' } });
});

it('takes each flag, and the separator that some package managers pass on', () => {
  expect(parseArguments(['--', '--kafka', '--json', '--verbose'])).toEqual({
    kind: 'run',
    options: { transport: 'kafka', output: 'json', logs: 'verbose' },
  });
});

it('refuses what it does not know and names it, also beside --help', () => {
  const call = parseArguments(['--help', '--kafak', '--fast']);
  expect(call).toEqual({ kind: 'refused', message: 'unknown option --kafak, --fast; --help lists the known ones' });
});

it('explains every flag that it takes', () => {
  for (const flag of ['--kafka', '--json', '--verbose', '--help']) {
    expect(parseArguments([flag]).kind).toBe(flag === '--help' ? 'help' : 'run');
    expect(helpText).toContain(`  ${flag} `);
  }
});
