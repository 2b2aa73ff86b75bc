import type { MigrationComponent } from '@backstitch/postgres';

const carts = `
create table {{schema}}.carts (
  id text primary key,
  customer_id text not null
);

create table {{schema}}.cart_items (
  cart_id text not null references {{schema}}.carts (id),
  sku text not null,
  quantity integer not null check (quantity > 0),
  primary key (cart_id, sku)
);
`;

export const cartMigrations: MigrationComponent = {
  component: 'carts',
  migrations: [{ number: 1, name: 'carts', sql: carts }],
};
