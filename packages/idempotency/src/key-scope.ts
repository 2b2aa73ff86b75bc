import { IdempotencyError } from './errors.js';
import { requireName } from './require-option.js';

/** Starts the stored scope of a tenant's key. */
const tenantMark = 'tenant:';

/**
 * The scope as it is stored. A tenant's is `tenant:` and the JSON of both names: as JSON, so that no tenant can be called what makes it end in
 * another's scope. Without a tenant the scope stands as it is, and may not begin like a tenant's.
 */
export function keyScope(at: { readonly tenant?: string; readonly scope: string }): string {
  const scope = requireName('scope', at.scope);
  if (at.tenant !== undefined) {
    return requireName('scope', `${tenantMark}${JSON.stringify([requireName('tenant', at.tenant), scope])}`);
  }
  if (!scope.startsWith(tenantMark)) return scope;
  throw new IdempotencyError('KEY_INVALID', `scope must not begin with "${tenantMark}".`, {
    fields: { field: 'scope', value: scope },
    hint: 'Give the tenant as `tenant`, and the scope without it.',
  });
}
