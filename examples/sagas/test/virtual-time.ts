import createKnex from 'knex';

const functions = ['now', 'clock_timestamp', 'statement_timestamp', 'transaction_timestamp'];

/**
 * Time that a test can move, in a real Postgres. The library believes no clock but the database's. Functions are looked up along the
 * `search_path`, in which `pg_catalog` comes first only where it is not named: a session that names it last asks these instead.
 */
export async function installVirtualTime(url: string): Promise<void> {
  const knex = createKnex({ client: 'pg', connection: url, pool: { min: 0, max: 1 } });
  try {
    await knex.raw(`
      create schema virtual_time;
      create table virtual_time.shift (ms bigint not null);
      insert into virtual_time.shift values (0);
      ${functions.map(shifted).join('\n')}`);
  } finally {
    await knex.destroy();
  }
}

/** A connection string whose sessions live in that time. */
export function throughVirtualTime(url: string): string {
  const through = new URL(url);
  through.searchParams.set('options', '-c search_path=public,virtual_time,pg_catalog');
  return through.href;
}

function shifted(name: string): string {
  return `create function virtual_time.${name}() returns timestamptz language sql stable
    as 'select pg_catalog.${name}() + (select ms from virtual_time.shift) * interval ''1 millisecond''';`;
}
