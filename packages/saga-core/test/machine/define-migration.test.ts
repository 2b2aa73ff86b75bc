import { describe, expect, it } from 'vitest';
import { defineMigration } from '../../src/machine/define-migration.js';
import { charge, hold, input, line, saga, shop } from './sagas.js';

const short = saga('line', { version: 2, input })
  .invoke('hold', shop.hold, hold)
  .invoke('pay', shop.charge, charge)
  .build();
const two = saga('line', { version: 1, input })
  .invoke('hold', shop.hold, hold)
  .invoke('charge', shop.charge, charge)
  .build();

const mistakeOf = (define: () => unknown): unknown => {
  try {
    return define();
  } catch (error) {
    return error;
  }
};
const refusal = (text: string) =>
  expect.objectContaining({ code: 'MIGRATION_INVALID', message: expect.stringContaining(text) });

describe('a migration is refused where it is defined', () => {
  it.each([
    ['does not say what becomes of a step', {}, "does not say what becomes of 'charge'"],
    [
      'renames a step that was never there',
      { rename: { chrage: 'pay' } },
      "names 'chrage', which is no step of version 1",
    ],
    [
      'renames to a step that is not there',
      { rename: { charge: 'paid' } },
      "names 'paid', which is no step of version 2",
    ],
    ['makes two steps one', { rename: { charge: 'hold' } }, "makes 'hold' and 'charge' one step 'hold'"],
    ['drops what is there', { drop: ['hold', 'charge'] }, "drops 'hold', which version 2 has"],
    ['renames what it drops', { rename: { charge: 'pay' }, drop: ['charge'] }, "drops 'charge'"],
    ['maps what it drops', { drop: ['charge'], outputs: { charge: () => 1 } }, "maps the output of 'charge'"],
    [
      'skips a step that is not there',
      { rename: { charge: 'pay' }, skip: { charge: () => 1 } },
      "names 'charge', which is no step of version 2",
    ],
  ])('because it %s', (_, options, text) => {
    expect(mistakeOf(() => defineMigration(two, short, options as never))).toEqual(refusal(text));
  });

  it('because a new step would carry the name of a renamed one', () => {
    const taken = saga('line', { version: 2, input })
      .invoke('hold', shop.hold, hold)
      .invoke('pay', shop.charge, charge)
      .invoke('charge', shop.charge, charge)
      .build();
    expect(mistakeOf(() => defineMigration(two, taken, { rename: { charge: 'pay' } }))).toEqual(
      refusal("gives the name of 'charge' to a new step"),
    );
  });

  it('because a pivot cannot be taken to have happened', () => {
    const before = saga('line', { version: 2, input })
      .invoke('hold', shop.hold, hold)
      .invoke('charge', shop.charge, charge)
      .build();
    expect(mistakeOf(() => defineMigration(before, line, { skip: { commit: () => ({}) } }))).toEqual(
      refusal("skips 'commit'"),
    );
  });

  it('because it is not between two versions of one saga', () => {
    const other = saga('other', { version: 2, input }).invoke('hold', shop.hold, hold).build();
    expect(mistakeOf(() => defineMigration(two, other, { drop: ['charge'] }))).toEqual(refusal("to 'other' 2"));
    expect(mistakeOf(() => defineMigration(two, two, {}))).toEqual(refusal("from 'line' 1 to 'line' 1"));
  });
});

it('a migration may lead back to an older version', () => {
  const back = defineMigration(short, two, { rename: { pay: 'charge' } });
  expect(back.renamed).toEqual(new Map([['pay', 'charge']]));
});
