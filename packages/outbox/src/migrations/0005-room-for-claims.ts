import type { Migration } from '@backstitch/postgres';

/** How full the pages are, when they are vacuumed, and by what the audit is pruned. */
export const roomForClaims: Migration = {
  number: 5,
  name: 'room-for-claims',
  sql: `
-- A claim sets claimed_until, so that its copy is 8 bytes longer than the row: of a page that is exactly half full the last copy finds no room, and
-- of rows of some 450 bytes every ninth claim wrote a copy elsewhere and all its index entries anew. Measured: 257 against 163 bytes of WAL a row.
-- Bodies above 2 KiB lie in a table of their own, which is vacuumed by its own share.
alter table {{schema}}.outbox_events set (fillfactor = 47, toast.autovacuum_vacuum_scale_factor = 0.02);

-- For pruning.
create index outbox_audit_age on {{schema}}.outbox_audit (at);
`,
};
