import { StepDeclined } from '@backstitch/saga-core';
import { z } from 'zod';

/** What a call of a saga has to hand on: the key makes a repetition harmless, the signal ends it with its time. */
export interface CallExtras {
  readonly idempotencyKey: string;
  readonly signal: AbortSignal;
}

/** Another company's service, reached over HTTP. */
export interface CarRental {
  rent(wish: { readonly reference: string; readonly carClass: string }, call: CallExtras): Promise<Rental>;
  cancel(rental: { readonly reference: string }, call: CallExtras): Promise<void>;
}

const rental = z.object({ licencePlate: z.string() });
type Rental = z.infer<typeof rental>;

/** Its client. A "no" of the other side is a `StepDeclined`: definite, nothing was rented. All else is an attempt that failed, and proves nothing. */
export function carRental(baseUrl: string): CarRental {
  return {
    async rent(wish, { idempotencyKey, signal }) {
      const response = await fetch(`${baseUrl}/rentals`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'idempotency-key': idempotencyKey },
        body: JSON.stringify(wish),
        signal,
      });
      if (response.status === 409) throw new StepDeclined('NO_CAR_LEFT', { carClass: wish.carClass });
      if (!response.ok) throw new Error(`the car rental answered ${response.status}`);
      return rental.parse(await response.json());
    },
    async cancel({ reference }, { idempotencyKey, signal }) {
      const response = await fetch(`${baseUrl}/rentals/${encodeURIComponent(reference)}`, {
        method: 'DELETE',
        headers: { 'idempotency-key': idempotencyKey },
        signal,
      });
      // 404: it was never rented, or is cancelled already. Both are what was wanted.
      if (!response.ok && response.status !== 404) throw new Error(`the car rental answered ${response.status}`);
    },
  };
}
