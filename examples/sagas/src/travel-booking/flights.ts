import { participant } from '@backstitch/saga-core/knex';
import type { Knex } from 'knex';
import { flights } from './contracts.js';

export async function createFlightTables(knex: Knex): Promise<void> {
  await knex.raw('create table flights (id text primary key, seats_left integer not null check (seats_left >= 0))');
  await knex.raw(`create table seats (
    trip_id text primary key, flight text not null, seat integer not null, status text not null,
    unique (flight, seat), check (status in ('HELD', 'CONFIRMED')))`);
}

export const flightService = participant(flights, {
  async reserve({ trx, command: { payload }, decline }) {
    const { tripId, flight } = payload;
    // One statement: of two that want the last seat, one waits for the other and finds none.
    const [left] = await trx('flights')
      .where({ id: flight })
      .where('seats_left', '>', 0)
      .decrement('seats_left')
      .returning('seats_left');
    if (left === undefined) return decline('SOLD_OUT', { flight });
    const seat = await freeSeat(trx, flight);
    await trx('seats').insert({ trip_id: tripId, flight, seat, status: 'HELD' });
    return { seat };
  },
  async cancel({ trx, command: { payload } }) {
    const [seat] = await trx('seats').where({ trip_id: payload.tripId }).delete().returning('flight');
    await trx('flights').where({ id: seat.flight }).increment('seats_left');
  },
  async confirm({ trx, command: { payload } }) {
    await trx('seats').where({ trip_id: payload.tripId }).update({ status: 'CONFIRMED' });
  },
});

/** The lowest one that nobody has. The flight's row is locked by now, so nobody else looks. */
async function freeSeat(trx: Knex.Transaction, flight: string): Promise<number> {
  const taken = new Set<number>(await trx('seats').where({ flight }).pluck('seat'));
  let seat = 1;
  while (taken.has(seat)) seat += 1;
  return seat;
}
