import type { Migration } from '@backstitch/postgres';

export const accepted: Migration = {
  number: 2,
  name: 'accepted',
  sql: `
-- Where an accepted command is answered later, JSON. Every row there is fits, for the statuses are more than before: not valid spares the
-- table a scan under an exclusive lock.
alter table {{schema}}.saga_fence
  drop constraint saga_fence_status_check,
  add constraint saga_fence_status_check
    check (status in ('fresh', 'succeeded', 'declined', 'tombstone', 'undone', 'accepted', 'undoing')) not valid,
  add column pending text,
  add constraint fence_pending_is_owed check ((pending is not null) = (status in ('accepted', 'undoing'))) not valid;
`,
};
