import fc from 'fast-check';
import { expect, it } from 'vitest';
import { keyScope } from '../src/key-scope.js';

const name = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme-ascii' });

it('keeps any two different pairs of tenant and scope apart', () => {
  const at = fc
    .record({ tenant: fc.option(name, { nil: undefined }), scope: name })
    .map(({ tenant, scope }) => (tenant === undefined ? { scope } : { tenant, scope }));
  fc.assert(
    fc.property(at, at, (one, other) => {
      const same = one.scope === other.scope && keyTenant(one) === keyTenant(other);
      return (keyScope(one) === keyScope(other)) === same;
    }),
  );
});

it('leaves a scope without a tenant as it is', () => {
  expect(keyScope({ scope: 'payments' })).toBe('payments');
});

it.each([
  [{ scope: 'tenant:["a","payments"]' }, 'scope'],
  [{ tenant: '', scope: 'payments' }, 'tenant'],
  [{ tenant: 'a\0b', scope: 'payments' }, 'tenant'],
  [{ tenant: 'x'.repeat(600), scope: 'y'.repeat(600) }, 'scope'],
])('refuses %j', (at, field) => {
  expect(() => keyScope(at)).toThrowError(
    expect.objectContaining({ code: 'KEY_INVALID', fields: expect.objectContaining({ field }) }),
  );
});

function keyTenant(at: { readonly tenant?: string }): string | undefined {
  return at.tenant;
}
