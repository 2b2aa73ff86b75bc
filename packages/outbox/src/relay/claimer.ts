import type { ClaimedRow } from '../outbox-row.js';
import type { ClaimOptions } from '../outbox-store.js';
import type { RelaySettings } from './relay-options.js';

export type ClaimAsk = Required<Pick<ClaimOptions, 'limit' | 'heldRows' | 'rooms'>>;

/** Takes rows from the store: hinted ones first, otherwise the next. */
export interface Claimer {
  /** The ids are looked for at the next claim. */
  hint(ids: readonly string[]): void;
  /** Claims at most `limit` rows. `more` where there are probably others. */
  claim(ask: ClaimAsk): Promise<{ readonly rows: readonly ClaimedRow[]; readonly more: boolean }>;
  /** Whether rows are probably left that wait for those held here: the next of a long lane. */
  isBehind(): boolean;
}

/** A hint is only a matter of latency, so that those beyond the bound may be forgotten: the poller finds the rows. */
const maxHints = 10_000;

export function createClaimer({ store, leaseMs }: RelaySettings, isHolding: () => boolean): Claimer {
  const hints = new Set<string>();
  let behind = false;
  return {
    hint(ids) {
      for (const id of ids) if (hints.size < maxHints) hints.add(id);
    },
    async claim({ limit, heldRows, rooms }) {
      const ids = [...hints].slice(0, limit);
      for (const id of ids) hints.delete(id);
      const rows = await store.claim(ids.length > 0 ? { limit, leaseMs, ids } : { limit, leaseMs, heldRows, rooms });
      if (ids.length === 0) behind = rows.length === limit || (behind && rows.length === 0 && isHolding());
      return { rows, more: hints.size > 0 || (ids.length === 0 && rows.length === limit) };
    },
    isBehind: () => behind,
  };
}
