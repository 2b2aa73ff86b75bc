/**
 * What the compiler asks of a migration. Nothing here runs: `tsc -p tsconfig.tests.json` fails where an expected error does not come.
 */
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';
import { defineMigration } from '../../src/machine/define-migration.js';

const saga = sagaOn<never>();
const nothing = { compensate: 'nothing to undo' } as const;
const cents = z.object({ cents: z.number() });
const first = saga('pay', { version: 1, input: cents })
  .local('price', () => ({ cents: 1 }), nothing)
  .local('note', () => 'noted', nothing)
  .build();
/** Another name, nothing else. */
const named = saga('pay', { version: 2, input: cents })
  .local('quote', () => ({ cents: 1 }), nothing)
  .local('note', () => 'noted', nothing)
  .build();
/** Other data. */
const priced = saga('pay', { version: 2, input: z.object({ euros: z.number() }) })
  .local('price', () => ({ euros: 1 }), nothing)
  .local('note', () => 'noted', nothing)
  .build();
/** A step less, and one more. */
const other = saga('pay', { version: 2, input: cents })
  .local('price', () => ({ cents: 1 }), nothing)
  .local('weigh', () => ({ kilos: 1 }), nothing)
  .build();

defineMigration(first, named, { rename: { price: 'quote' } });
defineMigration(named, first, {
  rename: { quote: 'price' },
  outputs: { quote: ({ cents }) => ({ cents: cents + 1 }) },
});
// @ts-expect-error no step of the first
defineMigration(first, named, { rename: { cost: 'quote' } });
// @ts-expect-error no step of the second
defineMigration(first, named, { rename: { price: 'cost' } });
// @ts-expect-error 'price' is gone, and nothing is said of it
defineMigration(first, named, {});

const maps = { input: ({ cents }: { cents: number }) => ({ euros: cents / 100 }) };
defineMigration(first, priced, { ...maps, outputs: { price: ({ cents }) => ({ euros: cents / 100 }) } });
// @ts-expect-error the output has another type, and no map is given
defineMigration(first, priced, maps);
// @ts-expect-error the input has another type, and no map is given
defineMigration(first, priced, { outputs: { price: ({ cents }) => ({ euros: cents / 100 }) } });
// @ts-expect-error not what 'price' answers there
defineMigration(first, priced, { ...maps, outputs: { price: ({ cents }) => ({ pounds: cents }) } });

defineMigration(first, other, { drop: ['note'], skip: { weigh: ({ input }) => ({ kilos: input.cents }) } });
// @ts-expect-error it is there still
defineMigration(first, other, { drop: ['note', 'price'] });
// @ts-expect-error not what 'weigh' answers
defineMigration(first, other, { drop: ['note'], skip: { weigh: () => ({ pounds: 1 }) } });
