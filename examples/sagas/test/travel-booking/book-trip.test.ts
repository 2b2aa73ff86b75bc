import { StepDeclined } from '@backstitch/saga-core';
import { declined, explore, testSaga } from '@backstitch/saga-core/testing';
import { describe, expect, it, vi } from 'vitest';
import { bookTrip } from '../../src/travel-booking/book-trip.js';
import type { CarRental } from '../../src/travel-booking/car-rental.js';
import { flights, hotels, payments } from '../../src/travel-booking/contracts.js';

// The exploring takes some seconds, more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const noCars: CarRental = {
  rent: () => Promise.reject(new Error('a test says what this answers')),
  cancel: () => Promise.reject(new Error('a test says what this answers')),
};
const saga = bookTrip(noCars);
const input = {
  tripId: 't1',
  traveller: 'ada',
  flight: 'BS1',
  hotel: 'Grand',
  nights: 2,
  carClass: 'small',
  totalMinor: 90_000,
};
const trip = testSaga(saga)
  .given(input)
  .when(flights.reserve, { reply: { seat: 7 } })
  .when(hotels.reserve, { reply: { room: 12 } })
  .local('rentCar', { licencePlate: 'B-S 1' })
  .when(payments.charge, { reply: { chargeId: 'c1' } });

describe('a trip', () => {
  it('is booked side by side, then paid, then confirmed', async () => {
    const run = await trip.run();
    expect(run.output).toEqual({ seat: 7, room: 12, car: 'B-S 1', chargeId: 'c1' });
    expect(new Set(run.trace.slice(0, 3))).toEqual(new Set(['+reserveFlight', '+reserveHotel', '+rentCar']));
    expect(run.trace.slice(3)).toEqual(['+charge', '+confirmFlight', '+confirmHotel']);
  });

  it.each([
    ['flight', trip.when(flights.reserve, declined(flights.reserve, 'SOLD_OUT', { flight: 'BS1' })), 'SOLD_OUT'],
    ['hotel', trip.when(hotels.reserve, declined(hotels.reserve, 'FULLY_BOOKED', { hotel: 'Grand' })), 'FULLY_BOOKED'],
    [
      'car',
      trip.local('rentCar', () => {
        throw new StepDeclined('NO_CAR_LEFT');
      }),
      'NO_CAR_LEFT',
    ],
  ])('without a %s is not booked, and nobody is charged', async (_what, script, code) => {
    const run = await script.run();
    expect(run).toMatchObject({ status: 'compensated', failure: { code } });
    expect(run.sent.map(({ command }) => command)).not.toContain('payments.charge');
  });

  it('whose card is declined gives back all three', async () => {
    const refusal = declined(payments.charge, 'DECLINED', { reason: 'the limit of the card' });
    const run = await trip.when(payments.charge, refusal).run();
    expect(run).toMatchObject({ status: 'compensated', failure: { code: 'DECLINED' } });
    expect([...run.undone].sort()).toEqual(['rentCar', 'reserveFlight', 'reserveHotel']);
  });

  it('whose hotel never answers is cancelled there too, and a late copy of the command is refused', async () => {
    const run = await trip.when(hotels.reserve, { reply: { room: 12 }, delay: '1h' }).run();
    expect(run.failure?.code).toBe('STEP_TIMED_OUT');
    expect(run.undone).toContain('reserveHotel');
    expect(run.fences).toMatchObject({ reserveHotel: 'tombstone' });
  });

  it('is asked for payment until the answer comes: a silent pivot is never taken back', async () => {
    const run = await trip
      .when(payments.charge, (_payload, attempt) => (attempt < 5 ? { drop: true } : { reply: { chargeId: 'c1' } }))
      .run();
    expect(run).toMatchObject({ status: 'completed', undone: [] });
  });
}, 300_000);

describe('whatever happens', () => {
  it.each([
    ['of two faults', { maxFaults: 2, verbs: [] }],
    ['of one fault, with an operator', { maxFaults: 1 }],
  ] as const)('%s, who is not booked is not charged', (_what, bounds) => {
    const { violations } = explore(saga, {
      ...bounds,
      input,
      outputs: {
        reserveFlight: { seat: 7 },
        reserveHotel: { room: 12 },
        rentCar: { licencePlate: 'B-S 1' },
        charge: { chargeId: 'c1' },
      },
      invariants: [
        {
          name: 'a trip that was given back is not charged',
          check: ({ status, effects }) => status !== 'compensated' || effects('charge').done === 0,
        },
      ],
    });
    expect(violations).toEqual([]);
  });
});
