import type { Migration } from '@backstitch/postgres';

/** Rows that an operator sets aside, messages that are to be delivered later, and who did what to the table by hand. */
export const parkedDelayedAudited: Migration = {
  number: 2,
  name: 'parked-delayed-audited',
  sql: `
alter table {{schema}}.outbox_events
  drop constraint outbox_events_status_check,
  add constraint outbox_events_status_check check (status in ('PENDING', 'SENT', 'FAILED', 'RETRY', 'PARKED')),
  add column deliver_after timestamptz(3) check (isfinite(deliver_after)),
  -- A delayed row would hold its lane up, or be overtaken in it: it has no place there.
  add constraint outbox_delayed_is_unordered check (deliver_after is null or not ordered);

-- Half of each page stays free for the copies that a claim and a settlement make of a row: they land beside it, a claim touches no index, and
-- the page is tidied in passing. Measured with 500-byte rows: 552 against 1,908 bytes of WAL a row, 690 against 1,761 ms for 20,000 claims,
-- and the table is smaller in the end, because the copies need no pages of their own.
alter table {{schema}}.outbox_events set (fillfactor = 50);

-- Without the delayed rows, or every claim would read past all of them. The claim sets deliver_after to null when it has come.
drop index {{schema}}.outbox_events_unsent;
create index outbox_events_unsent on {{schema}}.outbox_events (seq) where sent_at is null and deliver_after is null;
create index outbox_events_delayed on {{schema}}.outbox_events (deliver_after) where deliver_after is not null;

-- One row for each outbox row that a verb changed, written by the statement that changed it; for pruning, one for all.
create table {{schema}}.outbox_audit (
  id bigint generated always as identity primary key,
  at timestamptz(3) not null default clock_timestamp(),
  verb text not null check (verb in ('requeue', 'park', 'unpark', 'drop', 'prune')),
  actor text not null check (actor <> ''),
  reason text not null check (reason <> ''),
  row_id uuid,
  row_count integer not null default 1 check (row_count >= 0),
  topic text,
  key text,
  event_type text,
  status_before text,
  last_error text,
  constraint outbox_audit_names_its_row check ((verb = 'prune') = (row_id is null))
);
-- What was done to this message?
create index outbox_audit_row on {{schema}}.outbox_audit (row_id, id);
`,
};
