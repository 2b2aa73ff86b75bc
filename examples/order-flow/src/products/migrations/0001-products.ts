import type { MigrationComponent } from '@backstitch/postgres';

const products = `
create table {{schema}}.products (
  sku text primary key,
  name text not null,
  price_minor bigint not null check (price_minor >= 0),
  currency text not null check (currency ~ '^[A-Z]{3}$')
);
`;

export const productMigrations: MigrationComponent = {
  component: 'products',
  migrations: [{ number: 1, name: 'products', sql: products }],
};
