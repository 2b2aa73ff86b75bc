import { saga } from '@backstitch/saga-core/knex';
import { z } from 'zod';
import type { CarRental } from './car-rental.js';
import { flights, hotels, payments } from './contracts.js';

const trip = z.object({
  tripId: z.string(),
  traveller: z.string(),
  flight: z.string(),
  hotel: z.string(),
  nights: z.number().int().min(1),
  carClass: z.string(),
  totalMinor: z.number().int().positive(),
});

/** Flight and hotel side by side, then a car; then all is paid and confirmed, or nothing is. */
export const bookTrip = (cars: CarRental) =>
  saga('book-trip', { version: 1, input: trip, timeout: '15m' })
    .parallel((side) =>
      side
        .invoke('reserveFlight', flights.reserve, {
          with: ({ input }) => ({ tripId: input.tripId, flight: input.flight }),
          compensate: { command: flights.cancel, with: ({ sent }) => ({ tripId: sent.tripId }) },
        })
        .invoke('reserveHotel', hotels.reserve, {
          with: ({ input }) => ({ tripId: input.tripId, hotel: input.hotel, nights: input.nights }),
          compensate: { command: hotels.cancel, with: ({ sent }) => ({ tripId: sent.tripId }) },
        }),
    )
    // Another company's HTTP API, which has no fence of ours. So it comes last of what can be undone, and under a name that is known before it
    // answers: the trip's id cancels it whether or not anybody learned what became of it.
    .call('rentCar', ({ input, ...call }) => cars.rent({ reference: input.tripId, carClass: input.carClass }, call), {
      compensate: ({ input, ...call }) => cars.cancel({ reference: input.tripId }, call),
      timeout: '10s',
    })
    .pivot('charge', payments.charge, {
      with: ({ input }) => ({ tripId: input.tripId, traveller: input.traveller, amountMinor: input.totalMinor }),
    })
    .invoke('confirmFlight', flights.confirm, { with: ({ input }) => ({ tripId: input.tripId }) })
    .invoke('confirmHotel', hotels.confirm, { with: ({ input }) => ({ tripId: input.tripId }) })
    .output(({ steps }) => ({
      seat: steps.reserveFlight.seat,
      room: steps.reserveHotel.room,
      car: steps.rentCar.licencePlate,
      chargeId: steps.charge.chargeId,
    }));
