import type { Migration } from '@backstitch/postgres';

export const locks: Migration = {
  number: 6,
  name: 'locks',
  sql: `
-- The queue of each lock key: the lowest place holds it. A row goes with the save that ends its instance, or with the instance. Checked at the
-- commit: what a start runs depends on its place, so the place is taken before the instance is written.
create table {{schema}}.saga_locks (
  lock_key text not null check (lock_key <> '' and length(lock_key) <= 255),
  place bigint not null generated always as identity,
  saga_id uuid not null references {{schema}}.saga_instances (id) on delete cascade deferrable initially deferred,
  primary key (lock_key, place)
)
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
create unique index saga_locks_of on {{schema}}.saga_locks (saga_id, lock_key);
`,
};
