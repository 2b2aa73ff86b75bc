import type { MysqlMigration } from '../migration.js';

/**
 * The same columns as on Postgres. What is different, and why:
 *
 * - The key is `seq`, because InnoDB stores a table in its key's order: messages are written at the end, and a claim reads side by side what
 *   it found side by side. `id` is text, so that a message can be looked for by hand.
 * - There are no partial indexes. `unsent`, `lane` and `stuck` are null where a partial index would have no entry; a lookup of a value never
 *   reads the nulls, so the rows that were sent cost a claim nothing. `lane` is a digest, because an index holds 3,072 bytes and a key may be
 *   longer, and because MySQL's collations find 'a' and 'a ' equal. Stored, not virtual: indexes on virtual columns went out of step with
 *   their tables in several versions of both servers.
 * - Times are `datetime(3)` in UTC, written by `utc_timestamp(3)`: `timestamp` ends in 2038 and is shown in the session's time zone, and
 *   `now()` is of that zone.
 */
const events = `
create table if not exists {{prefix}}outbox_events (
  seq bigint not null auto_increment primary key,
  id char(36) not null,
  aggregate_type varchar(255) not null,
  aggregate_id varchar(255) not null,
  event_type varchar(255) not null,
  payload longtext not null,
  headers longtext not null,
  created_at datetime(3) not null default (utc_timestamp(3)),
  sent_at datetime(3),
  retry_count integer not null default 0 check (retry_count >= 0),
  max_retries integer not null default 3 check (max_retries >= 0),
  next_retry_at datetime(3),
  status varchar(7) not null default 'PENDING' check (status in ('PENDING', 'SENT', 'FAILED', 'RETRY', 'PARKED')),
  topic varchar(249) not null,
  \`key\` varchar(1024) not null,
  ordered boolean not null default true,
  claimed_until datetime(3),
  claim_epoch integer not null default 0,
  in_doubt boolean not null default false,
  last_error text,
  deliver_after datetime(3),
  unsent tinyint generated always as (case when status in ('PENDING', 'RETRY') and deliver_after is null then 1 end) stored,
  lane binary(32) generated always as
    (case when ordered and status not in ('SENT', 'PARKED') then unhex(sha2(concat(topic, char(10), \`key\`), 256)) end) stored,
  stuck binary(32) generated always as
    (case when ordered and status in ('RETRY', 'FAILED') then unhex(sha2(concat(topic, char(10), \`key\`), 256)) end) stored,
  constraint {{prefix}}outbox_sent_has_time check ((status = 'SENT') = (sent_at is not null)),
  constraint {{prefix}}outbox_retry_has_time check ((status = 'RETRY') = (next_retry_at is not null)),
  constraint {{prefix}}outbox_only_unsent_is_claimed check (claimed_until is null or status in ('PENDING', 'RETRY')),
  constraint {{prefix}}outbox_failed_has_error check (status <> 'FAILED' or last_error is not null),
  constraint {{prefix}}outbox_delayed_is_unordered check (deliver_after is null or not ordered),
  unique index outbox_events_id (id),
  index outbox_events_unsent (unsent, seq),
  index outbox_events_lane (lane, seq),
  index outbox_events_stuck (stuck, seq),
  index outbox_events_delayed (deliver_after),
  index outbox_events_status (status, created_at),
  index outbox_events_aggregate (aggregate_type, aggregate_id)
) engine = innodb row_format = dynamic character set utf8mb4 collate utf8mb4_bin`;

const audit = `
create table if not exists {{prefix}}outbox_audit (
  id bigint not null auto_increment primary key,
  at datetime(3) not null default (utc_timestamp(3)),
  verb varchar(7) not null check (verb in ('requeue', 'park', 'unpark', 'drop', 'prune')),
  actor varchar(500) not null check (actor <> ''),
  reason varchar(500) not null check (reason <> ''),
  row_id char(36),
  row_count integer not null default 1 check (row_count >= 0),
  topic varchar(249),
  \`key\` varchar(1024),
  event_type varchar(255),
  status_before varchar(7),
  last_error text,
  constraint {{prefix}}outbox_audit_names_its_row check ((verb = 'prune') = (row_id is null)),
  index outbox_audit_row (row_id, id)
) engine = innodb row_format = dynamic character set utf8mb4 collate utf8mb4_bin`;

/**
 * Rows that are only ever locked: 0 is the claim's turn, the others are for lanes, by digest. Rows, not \`get_lock\`: that one belongs to the
 * session, so that a pooled connection would keep it after its transaction, and a pooler would give it to somebody else.
 */
const locks = `
create table if not exists {{prefix}}outbox_locks (
  slot smallint not null primary key
) engine = innodb`;

const slots = `
insert ignore into {{prefix}}outbox_locks (slot)
with recursive slots (slot) as (select 0 union all select slot + 1 from slots where slot < 512) select slot from slots`;

export const outbox: MysqlMigration = { number: 1, name: 'outbox', statements: [events, audit, locks, slots] };
