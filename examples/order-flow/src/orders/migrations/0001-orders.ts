import type { MigrationComponent } from '@backstitch/postgres';

const orders = `
create table {{schema}}.orders (
  id uuid primary key,
  customer_id text not null,
  currency text not null check (currency ~ '^[A-Z]{3}$'),
  total_minor bigint not null check (total_minor >= 0),
  status text not null default 'PENDING' check (status in ('PENDING', 'CONFIRMED', 'CANCELLED')),
  cancel_reason text,
  created_at timestamptz(3) not null default clock_timestamp(),
  updated_at timestamptz(3) not null default clock_timestamp(),
  constraint orders_cancelled_has_reason check ((status = 'CANCELLED') = (cancel_reason is not null))
);
create index orders_created on {{schema}}.orders (created_at, id);

create table {{schema}}.order_items (
  order_id uuid not null references {{schema}}.orders (id),
  sku text not null,
  quantity integer not null check (quantity > 0),
  unit_price_minor bigint not null check (unit_price_minor >= 0),
  primary key (order_id, sku)
);
`;

/** The order service's own tables; the library's live in a schema of theirs. */
export const orderMigrations: MigrationComponent = {
  component: 'orders',
  migrations: [{ number: 1, name: 'orders', sql: orders }],
};
