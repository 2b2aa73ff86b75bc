import type { Migration } from '@backstitch/postgres';

export const installation: Migration = {
  number: 4,
  name: 'installation',
  sql: `
-- One row: who this orchestrator is, and the key of its reply tokens unless one is configured.
create table {{schema}}.saga_installation (
  only_one boolean primary key default true check (only_one),
  id uuid not null,
  token_key_id text not null,
  token_secret text not null check (token_secret ~ '^[0-9a-f]{64}$'),
  created_at timestamptz(3) not null default clock_timestamp()
);
`,
};
