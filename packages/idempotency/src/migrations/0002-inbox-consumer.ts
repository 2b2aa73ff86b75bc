import type { Migration } from '@backstitch/postgres';

/**
 * A watermark's row is also the lock of its partition: batches and redrives of one consumer and partition take turns. Texts of records are kept as
 * JSON text, because Postgres stores neither NUL nor lone surrogates.
 */
export const inboxConsumer: Migration = {
  number: 2,
  name: 'inbox-consumer',
  sql: `
create table {{schema}}.inbox_watermarks (
  consumer text not null check (consumer <> ''),
  topic text not null check (topic <> ''),
  partition integer not null check (partition >= 0),
  next_offset bigint not null default 0,
  handled bigint not null default 0,
  duplicates bigint not null default 0,
  dead_letters bigint not null default 0,
  last_record_at timestamptz(3),
  updated_at timestamptz(3) not null default clock_timestamp(),
  primary key (consumer, topic, partition)
);

create table {{schema}}.inbox_dead_letters (
  id bigint generated always as identity primary key,
  consumer text not null check (consumer <> ''),
  message_key text not null check (message_key <> ''),
  topic text not null,
  partition integer not null,
  record_offset bigint not null,
  record_key text,
  record_value text,
  record_headers text not null,
  record_at timestamptz(3) not null,
  status text not null check (status in ('quarantined', 'failed', 'held', 'redriven', 'discarded')),
  code text not null,
  error text,
  attempts integer not null default 0 check (attempts >= 0),
  created_at timestamptz(3) not null default clock_timestamp(),
  settled_at timestamptz(3),
  settled_by text,
  settled_because text,
  constraint inbox_dead_letters_once unique (consumer, message_key),
  constraint inbox_dead_letters_settled check ((status in ('redriven', 'discarded')) = (settled_at is not null)),
  constraint inbox_dead_letters_discarded_by check (status <> 'discarded' or (settled_by <> '' and settled_because <> ''))
);

create index inbox_dead_letters_lanes on {{schema}}.inbox_dead_letters (consumer, topic, record_key) where status in ('failed', 'held');
create index inbox_dead_letters_open on {{schema}}.inbox_dead_letters (consumer, topic, partition, record_offset)
  where status in ('quarantined', 'failed', 'held');
create index inbox_dead_letters_age on {{schema}}.inbox_dead_letters (settled_at) where settled_at is not null;
`,
};
