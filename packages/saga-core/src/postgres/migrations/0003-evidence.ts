import type { Migration } from '@backstitch/postgres';

export const evidence: Migration = {
  number: 3,
  name: 'evidence',
  sql: `
-- What was stale, late or twice, counted. The id is text: it may come from a message that is not about an instance of ours.
create table {{schema}}.saga_discards (
  saga_id text not null check (length(saga_id) <= 200),
  step text not null check (length(step) <= 200),
  reason text not null check (length(reason) <= 200),
  count bigint not null check (count > 0),
  last_at timestamptz(3) not null,
  primary key (saga_id, step, reason)
)
with (fillfactor = 80);

-- What could not be understood, for a person to look at. The oldest rows go when there are too many.
create table {{schema}}.saga_quarantine (
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
