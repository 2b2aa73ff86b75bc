import { expect, it } from 'vitest';
import { parseArguments, sagasOfRound } from '../src/parse-arguments.js';

it('measures both transports at 1 and 200 in flight unless told otherwise', () => {
  expect(parseArguments([])).toMatchObject({
    kind: 'run',
    options: { mode: 'full', transports: ['memory', 'kafka'], inFlight: [1, 200], sagas: 4_000, rounds: 5 },
  });
  expect(parseArguments(['--', '--quick', '--transport', 'memory', '--in-flight', '8', '--json'])).toMatchObject({
    options: { mode: 'quick', transports: ['memory'], inFlight: [8], rounds: 3, output: 'json' },
  });
});

it.each([
  [['--fast'], 'unknown option --fast'],
  [['--sagas'], '--sagas needs a value'],
  [['--sagas', '0'], 'whole numbers from 1'],
  [['--in-flight', '1,many'], 'whole numbers from 1'],
  [['--transport', 'nats'], 'memory, kafka or both'],
])('refuses %j and says why', (words, reason) => {
  expect(parseArguments(words)).toMatchObject({ kind: 'refused', message: expect.stringContaining(reason) });
});

it('takes a tenth of the sagas where few are in flight', () => {
  expect(sagasOfRound({ sagas: 4_000 }, 200)).toBe(4_000);
  expect(sagasOfRound({ sagas: 4_000 }, 1)).toBe(400);
  expect(sagasOfRound({ sagas: 50 }, 1)).toBe(20);
});
