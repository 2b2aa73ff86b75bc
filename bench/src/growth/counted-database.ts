import type { Database, Sql } from '@backstitch/postgres';
import type pg from 'pg';

/** A database that counts the statements of its transactions, BEGIN and COMMIT not among them. */
export interface Counted extends Database<pg.PoolClient> {
  statements(): number;
}

export function countedDatabase(database: Database<pg.PoolClient>): Counted {
  let statements = 0;
  const counted = (sql: Sql): Sql => ({
    query(text, values) {
      statements += 1;
      return sql.query(text, values);
    },
  });
  return {
    sql: counted(database.sql),
    within: (trx) => counted(database.within(trx)),
    transaction: (work) => database.transaction((trx, sql) => work(trx, counted(sql))),
    statements: () => statements,
  };
}
