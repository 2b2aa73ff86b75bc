import createKnex, { type Knex } from 'knex';

export interface CountedKnex {
  readonly knex: Knex;
  /** Statements sent since it was last asked, BEGIN and COMMIT included. Each is a round trip. */
  takeStatements(): number;
}

interface Connection {
  query: (...given: unknown[]) => unknown;
}

/** A knex whose statements are counted where they leave the driver: the library's do not pass through knex. */
export function countedKnex(url: string, connections: number): CountedKnex {
  let statements = 0;
  const afterCreate = (connection: Connection, done: (error: null, connection: Connection) => void): void => {
    const query = connection.query.bind(connection);
    connection.query = (...given) => {
      statements += 1;
      return query(...given);
    };
    done(null, connection);
  };
  const knex = createKnex({ client: 'pg', connection: url, pool: { min: 0, max: connections, afterCreate } });
  return {
    knex,
    takeStatements() {
      const taken = statements;
      statements = 0;
      return taken;
    },
  };
}
