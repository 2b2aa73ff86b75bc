import { randomUUID } from 'node:crypto';
import type { ClaimedRow, NewOutboxRow } from '../../outbox-row.js';
import { leaseMs, type OutboxStage } from './conformance-subject.js';

/** A row of lane `topic`/`key` that says `payload`. */
export function newRow(given: Partial<NewOutboxRow> = {}): NewOutboxRow {
  return {
    id: randomUUID(),
    topic: 'orders',
    key: 'k1',
    payload: '{"n":1}',
    headers: { ce_type: 'OrderPlaced' },
    aggregateType: 'order',
    aggregateId: 'k1',
    eventType: 'OrderPlaced',
    ordered: true,
    ...given,
  };
}

/** Inserts rows that wait for the poller, and answers their ids in order. */
export async function insertRows(stage: OutboxStage, ...rows: readonly NewOutboxRow[]): Promise<string[]> {
  await stage.transaction((tx) => stage.table.insert(tx, rows));
  return rows.map((row) => row.id);
}

export function claimAll(stage: OutboxStage, limit = 100): Promise<readonly ClaimedRow[]> {
  return stage.store.claim({ limit, leaseMs });
}

export function idsOf(rows: readonly { readonly id: string }[]): string[] {
  return rows.map((row) => row.id);
}

export function only<T>(items: readonly T[]): T {
  const [first, ...rest] = items;
  if (first === undefined || rest.length > 0) throw new Error(`expected one item, found ${items.length}`);
  return first;
}

export const refusal = { kind: 'refused', code: 'RECORD_TOO_LARGE', message: 'over 1 MiB' } as const;
