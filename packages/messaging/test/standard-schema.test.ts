import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { jsonSchema, validate } from '../src/index.js';

const schemas = {
  zod: z.object({ items: z.array(z.object({ qty: z.number() })) }),
  valibot: v.object({ items: v.array(v.object({ qty: v.number() })) }),
  arktype: type({ items: type({ qty: 'number' }).array() }),
  ajv: jsonSchema({
    type: 'object',
    properties: { items: { type: 'array', items: { type: 'object', properties: { qty: { type: 'number' } } } } },
  }),
};

describe('validate', () => {
  it.each(Object.entries(schemas))('answers the value of a valid one by %s', (_, schema) => {
    expect(validate(schema, { items: [{ qty: 1 }] })).toEqual({ kind: 'valid', value: { items: [{ qty: 1 }] } });
  });

  it.each(Object.entries(schemas))('names the place of a violation by %s', (_, schema) => {
    expect(validate(schema, { items: [{ qty: 1 }, { qty: 'x' }] })).toEqual({
      kind: 'invalid',
      violations: [{ path: '/items/1/qty', message: expect.stringMatching(/./) }],
    });
  });

  it('answers what the schema made of the value', () => {
    expect(validate(z.object({ qty: z.number().default(1) }), {})).toEqual({ kind: 'valid', value: { qty: 1 } });
  });

  it('keeps no more violations than anyone reads', () => {
    const result = validate(z.array(z.number()), Array(5_000).fill('x'));
    expect(result.kind === 'invalid' && result.violations.length).toBe(100);
  });

  it('refuses a schema that becomes asynchronous on the way', () => {
    expect(() =>
      validate(
        z.string().refine(async () => false),
        'x',
      ),
    ).toThrow(expect.objectContaining({ code: 'SCHEMA_ASYNC', fields: { vendor: 'zod' } }));
  });

  it('refuses a schema that answers a promise', () => {
    expect(() =>
      validate(
        v.pipeAsync(
          v.string(),
          v.checkAsync(async () => false),
        ),
        'x',
      ),
    ).toThrow(
      expect.objectContaining({ code: 'SCHEMA_ASYNC', fields: { vendor: 'valibot' }, hint: expect.any(String) }),
    );
  });
});
