import type { Clock } from '@backstitch/messaging';
import type { DefinitionKey, LiveDefinition, SagaStore, Standing } from '../engine/saga-store.js';
import type { InstanceState, SagaStatus } from '../machine/instance.js';
import type { MemoryInstanceRow } from './memory-tables.js';

/** What the store tells of the instances that live. */
export function memoryLiveReads(
  instances: (fits: (row: MemoryInstanceRow) => boolean) => MemoryInstanceRow[],
  clock: Pick<Clock, 'now'>,
): Pick<SagaStore<unknown>, 'liveHashes' | 'liveIds' | 'liveBeyond' | 'standings'> {
  return {
    async liveHashes({ saga, version }) {
      const live = instances((row) => row.saga === saga && row.version === version && row.finishedAt === null);
      const hashes = [...new Set(live.map((row) => row.hash))].sort();
      return hashes.map((hash) => ({ hash, live: live.filter((row) => row.hash === hash).length }));
    },
    async liveIds({ after, limit, ...definition }) {
      return instances((row) => isOf(row, definition) && row.finishedAt === null && (after === null || row.id > after))
        .map((row) => row.id)
        .sort()
        .slice(0, limit);
    },
    liveBeyond: async (definitions, { countTo }) =>
      liveBeyond(
        instances(
          (row) => (row.finishedAt === null || row.wakeAt !== null) && !definitions.some((each) => isOf(row, each)),
        ),
        { countTo, now: clock.now() },
      ),
    standings: async () => standingsOf(instances((row) => row.finishedAt === null)),
  };
}

export function isOf(row: MemoryInstanceRow, { saga, version, hash }: DefinitionKey): boolean {
  return row.saga === saga && row.version === version && row.hash === hash;
}

/** Counts these rows by their definition. */
function liveBeyond(
  rows: readonly MemoryInstanceRow[],
  { countTo, now }: { readonly countTo: number; readonly now: number },
): readonly LiveDefinition[] {
  return grouped(rows, ({ saga, version, hash }) => ({ saga, version, hash })).map(([key, all]) => {
    const members = all.slice(0, countTo);
    const overdue = members.filter(({ wakeAt }) => wakeAt !== null && wakeAt < now - 60_000).length;
    return { ...key, live: members.length, overdue };
  });
}

/** Counts these rows by their definition and where they stand. */
function standingsOf(rows: readonly MemoryInstanceRow[]): readonly Standing[] {
  const standingOf = (row: MemoryInstanceRow) => {
    const { saga, version, hash, paused } = row;
    const { steps } = JSON.parse(row.state) as InstanceState;
    const statuses = Object.entries(steps).map(([name, { status }]) => [name, status] as const);
    const sorted = statuses.sort(([one], [other]) => (one < other ? -1 : 1));
    return { saga, version, hash, status: row.status as SagaStatus, paused, steps: Object.fromEntries(sorted) };
  };
  return grouped(rows, standingOf).map(([key, all]) => ({ ...key, count: all.length }));
}

function grouped<K extends { readonly saga: string; readonly version: number; readonly hash: string }>(
  rows: readonly MemoryInstanceRow[],
  keyOf: (row: MemoryInstanceRow) => K,
): readonly (readonly [K, readonly MemoryInstanceRow[]])[] {
  const groups = new Map<string, [K, MemoryInstanceRow[]]>();
  for (const row of rows) {
    const key = keyOf(row);
    const text = JSON.stringify(key);
    const group = groups.get(text);
    if (group === undefined) groups.set(text, [key, [row]]);
    else group[1].push(row);
  }
  const order = ({ saga, version, hash }: K): string => `${saga} ${String(version).padStart(10, '0')} ${hash}`;
  return [...groups.values()].sort(([one], [other]) => (order(one) < order(other) ? -1 : 1));
}
