import type { BatchHandler, InboundRecord } from '@backstitch/messaging';

/** Keeps what it is handed and tells when it is enough. */
export interface CollectingReader {
  readonly records: readonly InboundRecord[];
  readonly handle: BatchHandler;
  /** Resolves as soon as `holds` is true of the records so far. The test's own time-out ends a wait that never does. */
  until(holds: (records: readonly InboundRecord[]) => boolean): Promise<void>;
}

/** @param before runs before the records count */
export function collectingReader(before: BatchHandler = async () => undefined): CollectingReader {
  const records: InboundRecord[] = [];
  let waiting: { readonly holds: (records: readonly InboundRecord[]) => boolean; readonly resolve: () => void }[] = [];
  return {
    records,
    async handle(batch, context) {
      await before(batch, context);
      records.push(...batch.records);
      const [met, unmet] = [
        waiting.filter(({ holds }) => holds(records)),
        waiting.filter(({ holds }) => !holds(records)),
      ];
      waiting = unmet;
      for (const { resolve } of met) resolve();
    },
    until(holds) {
      if (holds(records)) return Promise.resolve();
      return new Promise((resolve) => waiting.push({ holds, resolve }));
    },
  };
}

/** The values, without those that came before. */
export function firstValues(records: readonly InboundRecord[]): (string | null)[] {
  const byPlace = new Map(
    records.map((record) => [`${record.topic}/${record.partition}/${record.offset}`, record.value]),
  );
  return [...byPlace.values()];
}
