import type { Migration } from '@backstitch/postgres';

/**
 * `locked_until` stands while the work is under way and is null when it has ended: the end of a lease, or `infinity` for a claim in the
 * caller's transaction, which others never see: it commits as finished or not at all. `claim_epoch` rises with every taking, so that who
 * lost the lease cannot write over the work of who has it now.
 */
export const keysAndInbox: Migration = {
  number: 1,
  name: 'keys-and-inbox',
  sql: `
create table {{schema}}.idem_keys (
  scope text not null check (scope <> ''),
  request_id text not null check (request_id <> ''),
  operation_type text,
  resource_id text,
  request_hash text check (length(request_hash) = 64),
  response_data text,
  response_headers text,
  http_status integer check (http_status between 200 and 599),
  created_at timestamptz(3) not null default clock_timestamp(),
  expires_at timestamptz(3) not null default clock_timestamp() + interval '24 hours',
  locked_until timestamptz(3),
  claim_epoch bigint not null default 1,
  primary key (scope, request_id),
  constraint idem_keys_expire check (isfinite(expires_at) and expires_at >= created_at),
  constraint idem_keys_locked_have_no_response
    check (locked_until is null or (response_data is null and response_headers is null and http_status is null))
);

create index idem_keys_expiry on {{schema}}.idem_keys (expires_at);

create table {{schema}}.inbox_messages (
  consumer text not null check (consumer <> ''),
  message_key text not null check (message_key <> ''),
  outcome text not null check (outcome in ('processing', 'processed')),
  reply text,
  processed_at timestamptz(3) not null default clock_timestamp(),
  primary key (consumer, message_key),
  constraint inbox_messages_processing_have_no_reply check (outcome = 'processed' or reply is null)
);

create index inbox_messages_age on {{schema}}.inbox_messages (processed_at);
`,
};
