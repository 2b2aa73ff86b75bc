import type { MysqlMigrationComponent } from '@backstitch/mysql';

const products = `
create table if not exists products (
  sku varchar(64) not null primary key,
  name varchar(200) not null,
  price_minor bigint not null check (price_minor >= 0),
  currency char(3) not null check (currency regexp '^[A-Z]{3}$')
) engine = innodb character set utf8mb4 collate utf8mb4_bin`;

export const productMigrationsOnMysql: MysqlMigrationComponent = {
  component: 'products',
  migrations: [{ number: 1, name: 'products', statements: [products] }],
};
