import type { Migration } from '@backstitch/postgres';

export const mailbox: Migration = {
  number: 2,
  name: 'mailbox',
  sql: `
-- Inputs that the process which received them could not apply. The key is the sender's, once an instance.
create table {{schema}}.saga_mailbox (
  saga_id uuid not null,
  id text not null check (length(id) <= 512),
  seq bigint not null generated always as identity,
  input text not null,
  received_at timestamptz(3) not null default clock_timestamp(),
  primary key (saga_id, id)
)
with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
`,
};
