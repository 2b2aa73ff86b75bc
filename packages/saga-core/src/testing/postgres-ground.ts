import type { OutboxStore } from '@backstitch/outbox';
import { postgresOutboxStore, postgresOutboxTable } from '@backstitch/outbox';
import { type Database, quoteIdentifier, validateSchemaName } from '@backstitch/postgres';
import { type VirtualTimeDatabase, virtualTimeDatabase } from '@backstitch/postgres/testing';
import type { SagaStatus } from '../machine/instance.js';
import type { JournalEntry } from '../machine/journal-event.js';
import type { FenceStatus } from '../participant/fence-store.js';
import { type DatabaseSource, databaseOf } from '../postgres/database-source.js';
import { migrateParticipant } from '../postgres/migrate-participant.js';
import { migrateSagas } from '../postgres/migrate-sagas.js';
import { notSentHook } from '../postgres/not-sent-hook.js';
import { postgresFenceStore } from '../postgres/postgres-fence-store.js';
import { postgresSagaStore } from '../postgres/postgres-saga-store.js';
import { earliest, type EngineGround, type ParticipantGround } from './test-ground.js';

export interface PostgresGroundOptions<Trx> {
  readonly source: DatabaseSource<Trx>;
  readonly schema: string;
  /** Whether the schema is taken away at the end. */
  readonly isOwn: boolean;
  readonly nowMs: () => number;
}

/** What the machine's clock says there, for a test that does not say when it begins. */
export async function databaseNowMs<Trx>(source: DatabaseSource<Trx>): Promise<number> {
  const { rows } = await databaseOf(source, {}).sql.query<{ now: number }>(
    'select floor(extract(epoch from clock_timestamp()) * 1000)::float8 as now',
  );
  return rows[0]?.now ?? 0;
}

/** The orchestrator's real tables, in a schema of the test's, with the test's time. */
export async function postgresEngineGround<Trx>(options: PostgresGroundOptions<Trx>): Promise<EngineGround<Trx>> {
  const { schema, nowMs } = options;
  const real = databaseOf(options.source, {});
  await migrateSagas({ database: real, schema });
  const { database, drop } = await inVirtualTime(real, options);
  const prefix = quoteIdentifier(schema);
  const monotonicNowMs = nowMs;
  const outboxTable = postgresOutboxTable({ schema, monotonicNowMs });
  return {
    store: postgresSagaStore({ database, schema, outboxTable, monotonicNowMs }),
    outbox: outboxOf({ database, schema, nowMs, onFailed: notSentHook({ schema }) }),
    drop,
    async nextMoment() {
      const due = `select min(wake_at) from ${prefix}.saga_instances where wake_at > clock_timestamp()`;
      return earliest([await momentOf(database, due), await outboxMoment(database, prefix)]);
    },
    async recordings() {
      const { rows } = await database.sql.query<StoredRecording>(`
        select i.id::text, i.saga, i.version, i.hash, i.input, i.status, i.state,
               (select string_agg(j.entry, ',' order by j.seq) from ${prefix}.saga_journal j where j.saga_id = i.id) as entries
          from ${prefix}.saga_instances i order by i.created_at, i.id`);
      return rows.map(({ input, state, entries, ...row }) => ({
        ...row,
        input: input === null ? undefined : (JSON.parse(input) as unknown),
        journal: JSON.parse(`[${entries ?? ''}]`) as JournalEntry[],
        stateJson: state,
      }));
    },
  };
}

interface StoredRecording {
  readonly id: string;
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
  readonly input: string | null;
  readonly status: SagaStatus;
  readonly state: string;
  readonly entries: string | null;
}

/** A participant's real tables: its handlers write in the same transactions. */
export async function postgresParticipantGround<Trx>(
  options: PostgresGroundOptions<Trx>,
): Promise<ParticipantGround<Trx>> {
  const { schema, nowMs } = options;
  const real = databaseOf(options.source, {});
  await migrateParticipant({ database: real, schema });
  const { database, drop } = await inVirtualTime(real, options);
  const prefix = quoteIdentifier(schema);
  const outboxTable = postgresOutboxTable({ schema, monotonicNowMs: nowMs });
  return {
    store: postgresFenceStore({ database, schema, outboxTable, monotonicNowMs: nowMs }),
    outbox: outboxOf({ database, schema, nowMs }),
    drop,
    nextMoment: () => outboxMoment(database, prefix),
    async fences() {
      const { rows } = await database.sql.query<StoredFence>(
        `select saga_id as "sagaId", step, item, round, status from ${prefix}.saga_fence order by created_at, step, item`,
      );
      return rows;
    },
  };
}

interface StoredFence {
  readonly sagaId: string;
  readonly step: string;
  readonly item: number;
  readonly round: number;
  readonly status: FenceStatus;
}

async function inVirtualTime<Trx>(
  real: Database<Trx>,
  { schema, isOwn, nowMs }: PostgresGroundOptions<Trx>,
): Promise<Pick<VirtualTimeDatabase<Trx>, 'database' | 'drop'>> {
  const virtual = virtualTimeDatabase(real, { nowMs, schema: validateSchemaName(`${schema}_clock`) });
  await virtual.create();
  return {
    database: virtual.database,
    async drop() {
      await virtual.drop();
      if (isOwn) await real.sql.query(`drop schema if exists ${quoteIdentifier(schema)} cascade`);
    },
  };
}

interface OutboxOptions {
  readonly database: Database<unknown>;
  readonly schema: string;
  readonly nowMs: () => number;
  readonly onFailed?: ReturnType<typeof notSentHook>;
}

function outboxOf({ database, schema, nowMs, onFailed }: OutboxOptions): OutboxStore {
  return postgresOutboxStore({
    ...{ database, schema, monotonicNowMs: nowMs },
    ...(onFailed === undefined ? {} : { onFailed }),
  });
}

function outboxMoment(database: Database<unknown>, prefix: string): Promise<number | undefined> {
  return momentOf(
    database,
    `select min(at) from ${prefix}.outbox_events
      cross join lateral (values (claimed_until), (next_retry_at), (deliver_after)) as moments (at)
      where status in ('PENDING', 'RETRY') and at > clock_timestamp()`,
  );
}

async function momentOf(database: Database<unknown>, select: string): Promise<number | undefined> {
  const { rows } = await database.sql.query<{ at: number | null }>(
    `select (extract(epoch from (${select})) * 1000)::float8 as at`,
  );
  return rows[0]?.at ?? undefined;
}
