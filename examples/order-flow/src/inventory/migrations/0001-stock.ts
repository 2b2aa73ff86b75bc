import type { MigrationComponent } from '@backstitch/postgres';

const stock = `
create table {{schema}}.stock (
  sku text primary key,
  -- What was delivered in all: available plus reserved must always make this.
  delivered integer not null check (delivered >= 0),
  available integer not null check (available >= 0)
);

-- No order is unique in here, and no command is in the ledger below: that nothing happens twice is the fence's doing, and
-- a constraint would only hide where it was not.
create table {{schema}}.reservations (
  id uuid not null,
  order_id uuid not null,
  sku text not null references {{schema}}.stock (sku),
  quantity integer not null check (quantity > 0),
  status text not null default 'RESERVED' check (status in ('RESERVED', 'RELEASED'))
);
create index reservations_order on {{schema}}.reservations (order_id);

create table {{schema}}.effects (
  command_id text not null,
  effect text not null,
  happened_at timestamptz(3) not null default clock_timestamp()
);
`;

export const stockMigrations: MigrationComponent = {
  component: 'stock',
  migrations: [{ number: 1, name: 'stock', sql: stock }],
};
