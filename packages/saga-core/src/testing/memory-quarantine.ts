import type { MemoryTransaction } from '@backstitch/postgres/testing';
import type { QuarantinedRecord } from '../exchange/quarantined-record.js';
import { storableRecord } from '../postgres/insert-quarantine.js';

/** Appends records and drops the oldest where there are too many. */
export function quarantineInMemory(
  tx: MemoryTransaction,
  records: readonly QuarantinedRecord[],
  { table: name, rows }: { readonly table: string; readonly rows: number },
): void {
  const table = tx.table<QuarantinedRecord>(name);
  const before = table.values();
  const kept = [...before, ...records.map(storableRecord)].slice(-rows);
  for (const [place, record] of kept.entries()) table.set(String(place), record);
}
