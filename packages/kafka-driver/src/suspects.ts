import type { SendRefusal } from '@backstitch/messaging';
import type { SendEntry } from './send-call.js';

/** Whom a refused request accuses: these records together, or one of these parts, to be asked about in turn. */
export type Suspects =
  | { readonly kind: 'guilty'; readonly entries: readonly SendEntry[] }
  | { readonly kind: 'parts'; readonly parts: readonly (readonly SendEntry[])[] };

/**
 * A broker answers for each partition, but kafkajs passes on only the first error, and not whose it is; and where a client does tell the
 * partition, it is still not known which of its records. Topics are told apart first,
 * then partitions; a partition's batch is refused as a whole, so from there on halving repeats nothing that was written.
 */
export function suspects(
  entries: readonly SendEntry[],
  code: SendRefusal,
  partitionOf: (entry: SendEntry) => number | undefined,
): Suspects {
  const topics = groupBy(entries, ({ record }) => record.topic);
  if (topics.length > 1) return { kind: 'parts', parts: topics };
  if (code === 'UNKNOWN_TOPIC' || code === 'NOT_AUTHORIZED') return { kind: 'guilty', entries };
  const partitions = groupBy(entries, (entry) => String(partitionOf(entry)));
  if (partitions.length > 1) return { kind: 'parts', parts: partitions };
  if (entries.length === 1) return { kind: 'guilty', entries };
  const middle = Math.ceil(entries.length / 2);
  return { kind: 'parts', parts: [entries.slice(0, middle), entries.slice(middle)] };
}

function groupBy(entries: readonly SendEntry[], keyOf: (entry: SendEntry) => string): SendEntry[][] {
  const groups = new Map<string, SendEntry[]>();
  for (const entry of entries) {
    const key = keyOf(entry);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [entry]);
    else group.push(entry);
  }
  return [...groups.values()];
}
