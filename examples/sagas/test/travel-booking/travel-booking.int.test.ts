import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { bookTrip } from '../../src/travel-booking/book-trip.js';
import { carRental } from '../../src/travel-booking/car-rental.js';
import { createFlightTables, flightService } from '../../src/travel-booking/flights.js';
import { createHotelTables, hotelService } from '../../src/travel-booking/hotels.js';
import { createPaymentTables, paymentService } from '../../src/travel-booking/payments.js';
import { openStage, type Stage } from '../stage.js';
import { openRentalCompany, type RentalCompany } from './rental-company.js';

let company: RentalCompany;
let stage: Stage;
let saga: ReturnType<typeof bookTrip>;

beforeAll(async () => {
  company = await openRentalCompany();
  saga = bookTrip(carRental(company.url));
  stage = await openStage({
    orchestrator: 'trips',
    sagas: [saga],
    services: [
      { participant: flightService, createTables: createFlightTables },
      { participant: hotelService, createTables: createHotelTables },
      { participant: paymentService, createTables: createPaymentTables },
    ],
  });
  await stage
    .database('flights')('flights')
    .insert([
      { id: 'BS1', seats_left: 5 },
      { id: 'BS2', seats_left: 0 },
    ]);
  await stage
    .database('hotels')('rooms')
    .insert([12, 14, 16].map((room) => ({ hotel: 'Grand', room })));
  await stage
    .database('payments')('cards')
    .insert([
      { traveller: 'ada', left_minor: 200_000 },
      { traveller: 'bob', left_minor: 10 },
    ]);
});
afterEach(async () => expect(await stage.engine.violations()).toEqual([]));
afterAll(async () => {
  await stage.close();
  await company.close();
});

const wish = { traveller: 'ada', flight: 'BS1', hotel: 'Grand', nights: 2, carClass: 'small', totalMinor: 90_000 };
/** Where it ended. */
const book = async (trip: Partial<typeof wish> & { readonly tripId: string }) => {
  const { id } = await stage.engine.start(saga, { input: { ...wish, ...trip } });
  return stage.engine.until(id, ({ status }) => status === 'completed' || status === 'compensated');
};
/** What of a trip stands in the four systems. */
const standing = async (tripId: string) => ({
  seats: await stage.database('flights')('seats').where({ trip_id: tripId }).pluck('status'),
  rooms: await stage.database('hotels')('rooms').where({ trip_id: tripId }).pluck('status'),
  car: company.rented.has(tripId),
  charges: (await stage.database('payments')('charges').where({ trip_id: tripId }).pluck('amount_minor')).map(Number),
});
const nothing = { seats: [], rooms: [], car: false, charges: [] };

describe('a trip on real databases', () => {
  it('is booked, paid and confirmed', async () => {
    expect((await book({ tripId: 't1' })).output).toMatchObject({ seat: 1, room: 12, car: 'B-S 1' });
    expect(await standing('t1')).toEqual({ seats: ['CONFIRMED'], rooms: ['CONFIRMED'], car: true, charges: [90_000] });
  });

  it.each([
    ['is sold out', { tripId: 't2', flight: 'BS2' }, 'SOLD_OUT'],
    ['has no room', { tripId: 't3', hotel: 'Ritz' }, 'FULLY_BOOKED'],
    ['is more than the card allows', { tripId: 't4', traveller: 'bob' }, 'DECLINED'],
  ])('that %s leaves nothing anywhere', async (_what, trip, code) => {
    expect((await book(trip)).failure).toMatchObject({ code });
    expect(await standing(trip.tripId)).toEqual(nothing);
    expect(await stage.database('flights')('flights').where({ id: 'BS1' }).first('seats_left')).toEqual({
      seats_left: 4,
    });
  });

  it('without a car leaves nothing anywhere', async () => {
    company.cars = company.rented.size;
    expect((await book({ tripId: 't5' })).failure).toMatchObject({ code: 'NO_CAR_LEFT' });
    expect(await standing('t5')).toEqual(nothing);
    company.cars = 10;
  });

  it('rents one car where the first answer was lost', async () => {
    company.answersLost = 1;
    await book({ tripId: 't6' });
    expect([...company.rented.keys()]).toEqual(['t1', 't6']);
  });
});
