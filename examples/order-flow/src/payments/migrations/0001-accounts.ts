import type { MigrationComponent } from '@backstitch/postgres';

const accounts = `
create table {{schema}}.accounts (
  customer_id text primary key,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- What was paid in: the balance plus the authorised holds must always make this.
  opening_minor bigint not null check (opening_minor >= 0),
  balance_minor bigint not null check (balance_minor >= 0)
);

-- No order is unique in here, and no command is in the ledger below: that nothing happens twice is the fence's doing, and
-- a constraint would only hide where it was not.
create table {{schema}}.payments (
  id uuid primary key,
  order_id uuid not null,
  customer_id text not null references {{schema}}.accounts (customer_id),
  amount_minor bigint not null check (amount_minor >= 0),
  status text not null default 'AUTHORIZED' check (status in ('AUTHORIZED', 'VOIDED'))
);
create index payments_order on {{schema}}.payments (order_id);

create table {{schema}}.effects (
  command_id text not null,
  effect text not null,
  happened_at timestamptz(3) not null default clock_timestamp()
);
`;

export const accountMigrations: MigrationComponent = {
  component: 'accounts',
  migrations: [{ number: 1, name: 'accounts', sql: accounts }],
};
