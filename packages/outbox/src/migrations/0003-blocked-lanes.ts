import type { Migration } from '@backstitch/postgres';

/** Rows that may not be sent for long leave the claim's index, so that a claim costs the same however many of them there are. */
export const blockedLanes: Migration = {
  number: 3,
  name: 'blocked-lanes',
  sql: `
-- Set by a claim that came upon the row behind a row of its lane that FAILED, or that waits for long; cleared when that row is out of the way.
-- A row is blocked only while such a row or an entry of outbox_lane_releases names its lane.
alter table {{schema}}.outbox_events
  add column blocked boolean not null default false;

-- Neither what FAILED nor what is parked or blocked. \`<>\`, which no index serves: by \`in\` the claim might be planned over the index on status.
drop index {{schema}}.outbox_events_unsent;
create index outbox_events_unsent on {{schema}}.outbox_events (seq)
  where sent_at is null and deliver_after is null and not blocked and status <> 'FAILED' and status <> 'PARKED';
create index outbox_events_blocked on {{schema}}.outbox_events (topic, key, seq) where blocked;

-- Lanes whose obstacle is gone. The next claims unblock their rows, so many at a time, and delete the entry behind the last one. Not the
-- transaction that removes the obstacle: its statements cannot see what a claim beside it is blocking at that moment.
create table {{schema}}.outbox_lane_releases (
  id bigint generated always as identity primary key,
  topic text not null,
  key text not null
);

-- A trigger, because whoever moves such a row must leave an entry, an operator with SQL of his own too, or the lane would stand still for ever.
create function {{schema}}.outbox_release_lane() returns trigger language plpgsql as $release$
begin
  insert into {{schema}}.outbox_lane_releases (topic, key) values (old.topic, old.key);
  return null;
end
$release$;
create trigger outbox_obstacle_moved after update on {{schema}}.outbox_events for each row
  when (old.ordered and old.status in ('RETRY', 'FAILED')
        and (new.status not in ('RETRY', 'FAILED') or not new.ordered or new.topic <> old.topic or new.key <> old.key or new.seq <> old.seq))
  execute function {{schema}}.outbox_release_lane();
create trigger outbox_obstacle_deleted after delete on {{schema}}.outbox_events for each row
  when (old.ordered and old.status in ('RETRY', 'FAILED'))
  execute function {{schema}}.outbox_release_lane();
`,
};
