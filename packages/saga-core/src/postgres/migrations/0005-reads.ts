import type { Migration } from '@backstitch/postgres';

/**
 * What operators list by. On columns that never change, or that change only when `due_from` or `finished_at` does, in which case the update is
 * not heap-only anyway; the one update more that is not is the one from running to compensating. There is no index on `updated_at`: each save would
 * rewrite the entries of all indexes.
 */
export const reads: Migration = {
  number: 5,
  name: 'reads',
  sql: `
-- One for all lists and counts: those that name neither saga, version nor status walk its few groups side by side.
create index saga_instances_listed on {{schema}}.saga_instances (saga, version, status, created_at, id);
-- Nearly always empty.
create index saga_instances_paused on {{schema}}.saga_instances (created_at, id) where paused;

-- Finds instances by a tag, in the order of their creation, however many have it. No foreign key, as in the journal.
create table {{schema}}.saga_tags (
  -- The first half of SHA-256 of name, U+001F and value: an index cannot hold long values. The instance's own tags are looked at as well.
  tag uuid not null,
  created_at timestamptz(3) not null,
  saga_id uuid not null,
  primary key (tag, created_at, saga_id)
);
insert into {{schema}}.saga_tags (tag, created_at, saga_id)
select encode(substring(sha256(convert_to(t.key || chr(31) || t.value, 'UTF8')) for 16), 'hex')::uuid, i.created_at, i.id
  from {{schema}}.saga_instances i cross join lateral jsonb_each_text(i.tags::jsonb) t
 where i.tags <> '{}'
    on conflict do nothing;
`,
};
