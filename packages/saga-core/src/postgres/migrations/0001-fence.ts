import type { Migration } from '@backstitch/postgres';

export const fence: Migration = {
  number: 1,
  name: 'fence',
  sql: `
-- What became of each command. The saga's id is text: it is the orchestrator's, and a foreign one must be answered, not crashed on.
create table {{schema}}.saga_fence (
  saga_id text not null check (length(saga_id) <= 512),
  step text not null check (length(step) <= 200),
  item integer not null check (item >= -1),
  round integer not null check (round >= 0),
  status text not null default 'fresh' check (status in ('fresh', 'succeeded', 'declined', 'tombstone', 'undone')),
  do_reply text,
  undo_reply text,
  created_at timestamptz(3) not null default clock_timestamp(),
  settled_at timestamptz(3) check (isfinite(settled_at)),
  primary key (saga_id, step, item, round),
  constraint fence_settled_has_time check ((status = 'fresh') = (settled_at is null))
)
with (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
-- For pruning. Its price is that a settlement is no heap-only update; rows of a day stand together, so that its pages stay few and hot.
create index saga_fence_age on {{schema}}.saga_fence (settled_at) where settled_at is not null;

create table {{schema}}.fence_quarantine (
  id bigint generated always as identity primary key,
  topic text not null,
  partition integer not null,
  record_offset text not null,
  reason text not null,
  head text not null,
  sha256 text not null,
  received_at timestamptz(3) not null default clock_timestamp()
);
`,
};
