import { createDatabase, dropDatabase } from './create-database.js';
import type { PostgresServer } from './postgres-server.js';

/** The two verbs that every kind of server has alike. */
export function databasesOf(url: string): Pick<PostgresServer, 'createDatabase' | 'dropDatabase'> {
  return {
    createDatabase: (name) => createDatabase(url, name === undefined ? {} : { name }),
    dropDatabase: (name) => dropDatabase(url, name),
  };
}
