import type { Migration } from '@backstitch/postgres';

/**
 * What a change-data-capture connector cannot take out of `headers`: it makes a header of a column, not of a member of a JSON text. Without
 * these what it publishes would be no CloudEvent. Filled in by `relay: 'cdc'` only; elsewhere they are null and take no room.
 */
export const eventAttributes: Migration = {
  number: 4,
  name: 'event-attributes',
  sql: `
alter table {{schema}}.outbox_events
  add column event_specversion text,
  add column event_source text,
  add column event_version integer check (event_version > 0),
  -- Text, as it was given: consumers get the very same characters from the relay and from the connector.
  add column event_time text;
`,
};
