import { describe, expect, expectTypeOf, it } from 'vitest';
import { contract, jsonSchema, type RequestOf, validate } from '../src/index.js';

const item = {
  type: 'object',
  properties: { sku: { type: 'string' }, qty: { type: 'integer', minimum: 1 } },
  required: ['sku'],
  additionalProperties: false,
};
const order = {
  type: 'object',
  properties: { 'a/b~c': { type: 'array', items: item }, mail: { type: 'string', format: 'email' } },
};

describe('jsonSchema', () => {
  it('checks a value and answers it as it is', () => {
    const value = { 'a/b~c': [{ sku: 'a', qty: 1 }], mail: 'ada@example.org' };
    expect(validate(jsonSchema(order), value)).toEqual({ kind: 'valid', value });
  });

  it.each([
    ['a wrong type', { 'a/b~c': [{ sku: 'a' }, { sku: 1 }] }, '/a~1b~0c/1/sku', 'must be string'],
    ['a missing property', { 'a/b~c': [{}] }, '/a~1b~0c/0', "must have required property 'sku'"],
    [
      'an unknown property',
      { 'a/b~c': [{ sku: 'a', color: 'red' }] },
      '/a~1b~0c/0',
      'must NOT have additional properties: "color"',
    ],
    ['a wrong format', { mail: 'nobody' }, '/mail', 'must match format "email"'],
  ])('names the place of %s', (_, value, path, message) => {
    expect(validate(jsonSchema(order), value)).toEqual({ kind: 'invalid', violations: [{ path, message }] });
  });

  it('stops at the first violation', () => {
    const result = validate(jsonSchema(order), { 'a/b~c': [{ sku: 1 }, { sku: 2 }], mail: 3 });
    expect(result.kind === 'invalid' && result.violations.length).toBe(1);
  });

  it('lets two schemas have one $id, and one refer to itself', () => {
    const tree = {
      $id: 'https://example.org/tree',
      type: 'object',
      properties: { children: { type: 'array', items: { $ref: '#' } } },
      additionalProperties: false,
    };
    for (const schema of [jsonSchema(tree), jsonSchema({ ...tree })]) {
      expect(validate(schema, { children: [{ children: [] }] }).kind).toBe('valid');
      expect(validate(schema, { children: [{ child: 1 }] }).kind).toBe('invalid');
    }
  });

  it('has the type that its author names', () => {
    const shipping = contract('shipping', {
      book: { request: jsonSchema<{ orderId: string }>({ type: 'object' }), reply: jsonSchema({ type: 'object' }) },
    });
    expectTypeOf<RequestOf<typeof shipping.book>>().toEqualTypeOf<{ orderId: string }>();
  });

  it.each([
    ['an unknown keyword', { type: 'object', propertees: {} }],
    ['an unknown format', { type: 'string', format: 'sku' }],
    ['a wrong keyword value', { type: 'strin' }],
    ['a reference to nowhere', { $ref: '#/$defs/missing' }],
  ])('refuses a schema with %s', (_, schema) => {
    expect(() => jsonSchema(schema)).toThrow(
      expect.objectContaining({ code: 'SCHEMA_INVALID', hint: expect.any(String), cause: expect.any(Error) }),
    );
  });

  it('takes no limits from the data', () => {
    expect(() =>
      jsonSchema({ type: 'object', properties: { a: { type: 'number', maximum: { $data: '1/b' } } } }),
    ).toThrow(expect.objectContaining({ code: 'SCHEMA_INVALID' }));
  });
});
