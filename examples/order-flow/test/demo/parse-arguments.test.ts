import { expect, it } from 'vitest';
import { helpText, parseArguments } from '../../src/demo/parse-arguments.js';

it('plays in memory and shows a table unless told otherwise', () => {
  expect(parseArguments([])).toEqual({
    kind: 'run',
    options: { transport: 'memory', driver: 'kafkajs', output: 'text', logs: 'silent' },
  });
});

it('takes each flag, and the separator that some package managers pass on', () => {
  expect(parseArguments(['--', '--kafka', '--json', '--verbose'])).toEqual({
    kind: 'run',
    options: { transport: 'kafka', driver: 'kafkajs', output: 'json', logs: 'verbose' },
  });
});

it('takes the driver of Kafka, and nothing in its place', () => {
  expect(parseArguments(['--kafka', '--driver', 'platformatic'])).toMatchObject({
    kind: 'run',
    options: { transport: 'kafka', driver: 'platformatic' },
  });
  for (const words of [
    ['--kafka', '--driver'],
    ['--kafka', '--driver', 'librdkafka'],
    ['--driver', 'kafkajs'],
  ]) {
    expect(parseArguments(words)).toMatchObject({ kind: 'refused', message: expect.stringContaining('--driver') });
  }
  expect(helpText).toContain('  --driver ');
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
