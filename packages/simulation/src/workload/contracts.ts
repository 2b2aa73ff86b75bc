import { contract } from '@backstitch/messaging';
import { shape } from './shape.js';

/** `of` is what a payload is about; nobody needs more than to tell payloads apart. */
export interface Work {
  readonly of: string;
}
export interface Done {
  readonly by: string;
}

const request = shape<Work>();
const reply = shape<Done>();
const errors = { NOT_TODAY: shape<Record<never, never>>() };

/** Two participants with much to do: more of them would be more of the same, and slower. */
export const stock = contract('stock', {
  hold: { request, reply, errors },
  drop: { request },
  book: { request, reply, errors },
  discard: { request },
});
export const bank = contract('bank', {
  charge: { request, reply, errors },
  refund: { request },
  insure: { request, reply, errors },
  confirm: { request, reply, errors },
  notify: { request, reply, errors },
});
