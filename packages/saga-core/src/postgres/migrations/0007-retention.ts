import type { Migration } from '@backstitch/postgres';

/** What finished instances and old counters are pruned by. */
export const retention: Migration = {
  number: 7,
  name: 'retention',
  sql: `
-- An entry is made when an instance ends, in an update that is not heap-only anyway.
create index saga_instances_finished on {{schema}}.saga_instances (finished_at) where finished_at is not null;
create index saga_discards_age on {{schema}}.saga_discards (last_at);
`,
};
