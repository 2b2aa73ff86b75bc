import { participant } from '@backstitch/saga-core/knex';
import type { Knex } from 'knex';
import { hotels } from './contracts.js';

export async function createHotelTables(knex: Knex): Promise<void> {
  await knex.raw(
    'create table rooms (hotel text not null, room integer not null, trip_id text unique, status text, primary key (hotel, room))',
  );
}

export const hotelService = participant(hotels, {
  async reserve({ trx, command: { payload }, decline }) {
    const { tripId, hotel } = payload;
    // Whoever looks at the same time takes the next room instead of waiting for this one.
    const free = await trx('rooms')
      .where({ hotel, trip_id: null })
      .orderBy('room')
      .first('room')
      .forUpdate()
      .skipLocked();
    if (free === undefined) return decline('FULLY_BOOKED', { hotel });
    await trx('rooms').where({ hotel, room: free.room }).update({ trip_id: tripId, status: 'HELD' });
    return { room: free.room };
  },
  async cancel({ trx, command: { payload } }) {
    await trx('rooms').where({ trip_id: payload.tripId }).update({ trip_id: null, status: null });
  },
  async confirm({ trx, command: { payload } }) {
    await trx('rooms').where({ trip_id: payload.tripId }).update({ status: 'CONFIRMED' });
  },
});
