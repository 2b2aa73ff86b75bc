import type { OutboxStore } from '@backstitch/outbox';
import type { Sightings } from '../sightings.js';

/** Who claimed a row last, over all relays of one outbox. */
export type Claims = Map<string, string>;

/** The same store, which tells when leases run out. */
export function watchedOutboxStore(
  store: OutboxStore,
  { sightings, claims, name }: { readonly sightings: Sightings; readonly claims: Claims; readonly name: string },
): OutboxStore {
  return {
    ...store,
    async claim(options) {
      const rows = await store.claim(options);
      for (const { id } of rows) {
        const before = claims.get(id);
        if (before !== undefined && before !== name) sightings.saw('a lease ran out and another relay took the row');
        claims.set(id, name);
      }
      return rows;
    },
    async settle(settlements) {
      const settled = await store.settle(settlements);
      for (const { id, kind } of settled) {
        if (kind === 'lost') sightings.saw('a settlement came after its lease');
        claims.delete(id);
      }
      return settled;
    },
  };
}
