// #region lock
import { readFileSync } from 'node:fs';
import { assertLocked } from '@backstitch/saga-core';
import { test } from 'vitest';
import { placeOrder } from './place-order.js';

const definitions = [placeOrder];

test('no saga changed without a new version', () => {
  const lock = JSON.parse(readFileSync(new URL('sagas.lock.json', import.meta.url), 'utf8'));
  assertLocked(lock, definitions);
});
// #endregion lock

// #region write
import { lockDefinitions, type SagaLock } from '@backstitch/saga-core';

export function lockFile(previous?: SagaLock): string {
  return `${JSON.stringify(lockDefinitions(definitions, previous), null, 2)}\n`;
}
// #endregion write

// #region compare
import { type AnySaga, checkAgainstPopulation, compareDefinitions, type Population } from '@backstitch/saga-core';

export function whatItMeans(before: AnySaga, after: AnySaga, population: Population): string[] {
  const { findings } = checkAgainstPopulation(compareDefinitions(before, after), population);
  return findings.map(({ change, atMost }) => `${change.class}: ${change.words} (concerns at most ${atMost})`);
}
// #endregion compare

import { expect } from 'vitest';

test('a change is weighed against those who live', () => {
  const population = { live: 3, steps: [] };
  const renamed = { ...placeOrder, name: 'place-orders' };
  expect(whatItMeans(placeOrder, renamed, population)).toEqual([
    expect.stringMatching(/^unsafe: .*concerns at most 3\)$/),
  ]);
  const lock = JSON.parse(readFileSync(new URL('sagas.lock.json', import.meta.url), 'utf8'));
  expect(JSON.parse(lockFile(lock))).toEqual(lock);
});
