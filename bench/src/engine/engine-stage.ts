import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { PostgresServer } from '@backstitch/devkit';
import type { Transport } from '@backstitch/messaging';
import { postgresEngine } from '@backstitch/saga-core/postgres';
import type pg from 'pg';
import { countedPool, type CountedPool } from './counted-pool.js';
import { echoParticipant } from './echo-participant.js';
import { orderInput, type WorkloadName, workloads } from './workloads.js';

/** One engine on a database of its own, and a participant that answers everything at once. */
export interface EngineStage {
  readonly counted: CountedPool;
  /** Messages sent so far, by either side. */
  messages(): number;
  /** Starts one saga and waits for its output. */
  run(workload: WorkloadName, options?: RunOptions): Promise<void>;
  /** Resolves when nothing in the outbox waits to be sent or marked. */
  drain(): Promise<void>;
  stop(): Promise<void>;
}

export interface RunOptions {
  /** Items of a `list`. */
  readonly items?: number;
  /** In a transaction of the caller's own, as a service with a table of its own would. */
  readonly isInCallersTransaction?: boolean;
}

export interface EngineStageOptions {
  readonly postgres: PostgresServer;
  readonly transportFor: (service: string) => Transport;
  readonly connections?: number;
}

const drainLookMs = 20;

export async function openEngineStage(options: EngineStageOptions): Promise<EngineStage> {
  const { postgres, transportFor, connections = 10 } = options;
  const name = `bench_${randomUUID().slice(0, 8)}`;
  const counted = countedPool(await postgres.createDatabase(name), connections);
  let messages = 0;
  const transports = [transportFor('bench'), transportFor('warehouse')].map((transport) => ({
    ...transport,
    send: (records: Parameters<Transport['send']>[0]) => {
      messages += records.length;
      return transport.send(records);
    },
  })) as [Transport, Transport];
  const engine = postgresEngine<pg.PoolClient>({
    database: counted.pool,
    name: 'bench',
    sagas: Object.values(workloads),
    transport: transports[0],
    preparedStatements: true,
  });
  await engine.migrate();
  await engine.ensureTopics({ partitions: 3 });
  const subscription = await echoParticipant(transports[1], 'warehouse.commands');
  await engine.open();
  return {
    counted,
    messages: () => messages,
    async run(workload, { items = 1, isInCallersTransaction = false } = {}) {
      const input = orderInput(workload === 'list' ? `${randomUUID()}/${items}` : randomUUID());
      const saga = workloads[workload] as typeof workloads.call;
      if (!isInCallersTransaction) {
        await (await engine.start(saga, { input })).result({ timeout: '5m' });
        return;
      }
      const client = await counted.pool.connect();
      try {
        await client.query('begin');
        await engine.start(saga, { input, trx: client });
        await client.query('commit');
      } finally {
        client.release();
      }
    },
    async drain() {
      for (;;) {
        const { rows } = await counted.pool.query<{ left: string }>(
          `select count(*) as left from backstitch.outbox_events where sent_at is null`,
        );
        if (rows[0]?.left === '0') return;
        await pause(drainLookMs);
      }
    },
    async stop() {
      await subscription.close();
      await engine.close();
      await Promise.all(transports.map((transport) => transport.close()));
      await counted.pool.end();
      await postgres.dropDatabase(name);
    },
  };
}
