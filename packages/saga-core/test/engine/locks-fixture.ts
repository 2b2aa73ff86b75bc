import { createInMemoryBroker } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { z } from 'zod';
import type { AnySaga } from '../../src/index.js';
import { saga } from '../../src/knex/index.js';
import { type PostgresEngine, postgresEngine } from '../../src/postgres/index.js';

const input = z.object({ visitor: z.string(), rooms: z.array(z.string()) });
type Visit = z.infer<typeof input>;
const keys = ({ input: { rooms } }: { readonly input: Visit }): readonly string[] =>
  rooms.map((room) => `room:${room}`);

/** A second visitor in a room breaks its primary key. */
async function enter({ trx, input: visit }: { readonly trx: Knex.Transaction; readonly input: Visit }): Promise<void> {
  for (const room of visit.rooms) await trx('inside').insert({ room, visitor: visit.visitor });
}

async function leave({ trx, input: visit }: { readonly trx: Knex.Transaction; readonly input: Visit }): Promise<void> {
  await trx('inside').where({ visitor: visit.visitor }).delete();
  for (const room of visit.rooms) await trx('visits').insert({ room, visitor: visit.visitor });
}

/** Goes in, does something outside of any transaction, and comes out. */
export const visit = saga('visit', { version: 1, input, locks: { keys, whenHeld: 'wait' } })
  .local('enter', enter, { compensate: leave, retry: { attempts: 1 } })
  .call('look', async () => undefined, { compensate: 'nothing to undo' })
  .local('leave', leave, { compensate: 'nothing to undo' })
  .build();

/** Stays until it is told to go. */
const staying = (name: string, locks: { readonly whenHeld: 'wait' | 'refuse'; readonly timeout?: '150ms' }) =>
  saga(name, { version: 1, input, locks: { keys, ...locks } })
    .local('enter', enter, { compensate: leave, retry: { attempts: 1 } })
    .waitFor('go', z.object({}), { timeout: '1h' })
    .local('leave', leave, { compensate: 'nothing to undo' })
    .build();
export const stay = staying('stay', { whenHeld: 'wait' });
export const stayShort = staying('stay-short', { whenHeld: 'wait', timeout: '150ms' });
export const stayOrNot = staying('stay-or-not', { whenHeld: 'refuse' });

/** Parks until somebody mends the door. */
export const stuck = saga('stuck', { version: 1, input, locks: { keys, whenHeld: 'wait' } })
  .pivot(
    'open',
    async ({ trx }) => {
      if ((await trx('doors').first()) === undefined) throw new Error('it is jammed');
    },
    { retry: { attempts: 1 } },
  )
  .build();

/** Holds its rooms while a child of it visits them and one more. */
const guided = saga('guided', {
  version: 1,
  input: z.object({ visitor: z.string(), rooms: z.array(z.string()), cloakroom: z.string() }),
  locks: {
    keys: ({ input: { rooms, cloakroom } }) => [...rooms, cloakroom].map((room) => `room:${room}`),
    whenHeld: 'wait',
  },
})
  .local('enter', enter, { compensate: leave, retry: { attempts: 1 } })
  .local('leave', leave, { compensate: 'nothing to undo' })
  .build();
export const tour = saga('tour', { version: 1, input, locks: { keys, whenHeld: 'wait' } })
  .child('guide', guided, {
    with: ({ input: { visitor, rooms } }) => ({ visitor, rooms, cloakroom: 'cloakroom' }),
  })
  .waitFor('go', z.object({}), { timeout: '1h' })
  .build();

export interface Rooms {
  readonly knex: Knex;
  /** One process each, on one database. */
  readonly engines: readonly [PostgresEngine<Knex.Transaction>, PostgresEngine<Knex.Transaction>];
  close(): Promise<void>;
}

export async function openRooms(url: string): Promise<Rooms> {
  const log = { warn: () => undefined, error: () => undefined };
  const pools = [0, 1].map(() => createKnex({ client: 'pg', connection: url, pool: { min: 0, max: 15 }, log }));
  const [knex] = pools as [Knex, Knex];
  await knex.raw('create table inside (room text primary key, visitor text not null)');
  await knex.raw('create table visits (room text not null, visitor text not null)');
  await knex.raw('create table doors (id int primary key)');
  const broker = createInMemoryBroker();
  const sagas: readonly AnySaga[] = [visit, stay, stayShort, stayOrNot, stuck, guided, tour];
  const engines = pools.map((pool) =>
    postgresEngine({ database: pool, name: 'rooms', sagas, transport: broker.transport(), pollIntervalMs: 50 }),
  ) as [PostgresEngine<Knex.Transaction>, PostgresEngine<Knex.Transaction>];
  await engines[0].migrate();
  for (const engine of engines) await engine.open();
  return {
    knex,
    engines,
    async close() {
      for (const engine of engines) await engine.close();
      for (const pool of pools) await pool.destroy();
    },
  };
}
