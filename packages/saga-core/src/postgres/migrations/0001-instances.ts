import type { Migration } from '@backstitch/postgres';

/**
 * An index on `wake_at` itself would make every step's update rewrite all index entries, because each step sets another deadline. `due_from` is
 * what is indexed: a moment at or up to ten seconds before `wake_at`, which a save leaves alone while it is still true. A step that is quicker
 * than that is a heap-only update.
 */
export const instances: Migration = {
  number: 1,
  name: 'instances',
  sql: `
create table {{schema}}.saga_instances (
  id uuid primary key,
  saga text not null,
  version integer not null check (version > 0),
  hash text not null,
  start_key text,
  status text not null check (status in ('running', 'compensating', 'completed', 'compensated', 'parked')),
  paused boolean not null default false,
  -- Immutable, and in a column of its own: what is long is moved out of line once and never rewritten.
  input text,
  -- Text that we wrote as JSON, not jsonb: never queried, written twice as fast, and jsonb refuses valid JSON (\\u0000).
  state text not null,
  tags text not null default '{}',
  wake_at timestamptz(3) check (isfinite(wake_at)),
  due_from timestamptz(3) check (isfinite(due_from)),
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  finished_at timestamptz(3) check (isfinite(finished_at)),
  revision integer not null default 1,
  -- Nothing that could move by itself is ever without a time at which somebody looks at it.
  constraint saga_live_has_wake_at check (status not in ('running', 'compensating') or paused or wake_at is not null),
  constraint saga_finished_has_time check ((status in ('completed', 'compensated')) = (finished_at is not null)),
  constraint saga_due_before_wake check ((due_from is null) = (wake_at is null) and (due_from is null or due_from <= wake_at))
)
with (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);

-- The poller's, and the count of live instances a definition. A finished instance is in it only while a letter waits for it.
create index saga_instances_live on {{schema}}.saga_instances (saga, version, hash, due_from)
  where finished_at is null or due_from is not null;

-- Append-only. No foreign key: it would look up and lock the instance, which the same transaction has locked anyway, once an entry.
create table {{schema}}.saga_journal (
  saga_id uuid not null,
  seq integer not null check (seq > 0),
  at timestamptz(3) not null check (isfinite(at)),
  entry text not null,
  primary key (saga_id, seq)
);

-- They outlive their instances, so that a start that is repeated late does not start again.
create table {{schema}}.saga_start_keys (
  saga text not null,
  key text not null check (key <> '' and length(key) <= 512),
  fingerprint text not null,
  saga_id uuid not null,
  created_at timestamptz(3) not null default clock_timestamp(),
  primary key (saga, key)
);
create index saga_start_keys_age on {{schema}}.saga_start_keys (created_at);
`,
};
