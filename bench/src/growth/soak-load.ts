import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { createPruner, createRelay, postgresOutboxStore, postgresOutboxTable } from '@backstitch/outbox';
import type { OutboundRecord, SendResult, Transport } from '@backstitch/messaging';
import type { Database } from '@backstitch/postgres';
import type pg from 'pg';

export interface SoakLoad {
  /** Rows inserted so far, and settled as sent so far. */
  counts(): { readonly written: number; readonly sent: number };
  stop(): Promise<void>;
}

export interface SoakLoadOptions {
  readonly database: Database<pg.PoolClient>;
  readonly rowsPerSecond: number;
  readonly keepMs: number;
  readonly pruners: number;
}

const rowsPerTransaction = 20;
const lanes = 100_000;
const payload = `{"note":"${'x'.repeat(250)}"}`;

/** A writer at a steady rate, a relay whose broker takes everything at once, and pruners: what a service does to its table, without a broker. */
export function startSoakLoad({ database, rowsPerSecond, keepMs, pruners }: SoakLoadOptions): SoakLoad {
  const store = postgresOutboxStore({ database });
  let [written, sent] = [0, 0];
  const transport: Transport = {
    async send(records: readonly OutboundRecord[]): Promise<readonly SendResult[]> {
      sent += records.length;
      return records.map(() => ({ kind: 'sent' }));
    },
    subscribe: () => Promise.reject(new Error('nobody subscribes here')),
    ensureTopics: async () => undefined,
    close: async () => undefined,
  };
  const relay = createRelay({ store, transport });
  const pruning = Array.from({ length: pruners }, () => createPruner({ store, keepMs, intervalMs: 2_000 }));
  let isWriting = true;
  const write = async (): Promise<void> => {
    const beganAtMs = performance.now();
    while (isWriting) {
      const owed = ((performance.now() - beganAtMs) / 1_000) * rowsPerSecond - written;
      if (owed < rowsPerTransaction) {
        await pause(5);
        continue;
      }
      const rows = Array.from({ length: rowsPerTransaction }, newRow);
      await database.transaction((_trx, sql) => postgresOutboxTable().insert(sql, rows));
      written += rows.length;
    }
  };
  relay.start();
  for (const pruner of pruning) pruner.start();
  const writing = write();
  return {
    counts: () => ({ written, sent }),
    async stop() {
      isWriting = false;
      await writing;
      await relay.stop();
      await Promise.all(pruning.map((pruner) => pruner.stop()));
    },
  };
}

function newRow() {
  const key = `order-${Math.floor(Math.random() * lanes)}`;
  const time = Date.now().toString(16).padStart(12, '0');
  const id = `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
  const about = { aggregateType: 'order', aggregateId: key, eventType: 'OrderPlaced' };
  return { id, topic: 'orders', key, payload, headers: { ce_type: 'OrderPlaced' }, ordered: true, ...about };
}
