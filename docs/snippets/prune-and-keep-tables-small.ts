// #region orchestrator
import { postgresAuditPruner } from '@backstitch/outbox';
import { postgresDatabase } from '@backstitch/postgres';
import { createSagaRetention } from '@backstitch/saga-core/postgres';
import knexFactory, { type Knex } from 'knex';

const knex = knexFactory({ client: 'pg', connection: process.env['DATABASE_URL'] ?? '' });
const database = postgresDatabase<Knex.Transaction>(knex);
const dayMs = 86_400_000;

export const sagas = createSagaRetention({ database, keepMs: 90 * dayMs });
export const audit = postgresAuditPruner({ database, keepMs: 400 * dayMs });
// #endregion orchestrator

// #region participant
import { createFenceRetention, postgresFenceStore } from '@backstitch/saga-core/postgres';
import { handlers } from './write-a-participant.js';

export const fence = createFenceRetention({ store: postgresFenceStore({ database }), participant: handlers });
// #endregion participant

// #region inbox
import { createRetention } from '@backstitch/idempotency';
import { kafkaRetention } from '@backstitch/idempotency/inbox';
import { Kafka } from 'kafkajs';

const admin = new Kafka({ clientId: 'shop', brokers: ['localhost:9092'] }).admin();

export async function startInboxRetention(): Promise<{ stop(): Promise<void> }> {
  await admin.connect();
  const retention = createRetention({
    database,
    inbox: { inboxRetentionMs: 8 * dayMs, topics: ['order.events'], brokerRetention: kafkaRetention(admin) },
  });
  await retention.start(); // throws RETENTION_TOO_SHORT where the broker keeps order.events for 8 days or longer
  return retention;
}
// #endregion inbox
