import type { Database } from '@backstitch/postgres';
import { expect, expectTypeOf, it } from 'vitest';
import {
  createIdempotency,
  type Idempotency,
  type OnceOutcome,
  type ResultCodec,
  type StandardSchemaLike,
} from '../src/index.js';

it('refuses a schema name that is not usable', () => {
  const database = {} as Database<unknown>;
  expect(() => createIdempotency({ database, schema: 'Not usable' })).toThrowError(
    expect.objectContaining({ code: 'IDENTIFIER_INVALID' }),
  );
});

it('answers the type that the work, the codec or the schema gives', () => {
  type Once = Idempotency<object>['once'];
  const typed = (once: Once, date: ResultCodec<Date>, schema: StandardSchemaLike<string, number>) => {
    const at = { scope: 's', key: 'k' };
    expectTypeOf(once({}, at, async () => 'x')).toEqualTypeOf<Promise<OnceOutcome<string>>>();
    expectTypeOf(once({}, { ...at, result: date }, async () => new Date())).toEqualTypeOf<Promise<OnceOutcome<Date>>>();
    expectTypeOf(once({}, { ...at, result: schema }, async () => '7')).toEqualTypeOf<Promise<OnceOutcome<number>>>();
    // @ts-expect-error: the schema reads a string, so the work must answer one.
    once({}, { ...at, result: schema }, async () => 7);
  };
  expect(typed).toBeTypeOf('function');
});
