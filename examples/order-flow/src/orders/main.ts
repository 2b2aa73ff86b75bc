import type { Duration } from '@backstitch/saga-core';
import { optional, required } from '../service/environment.js';
import { runMessagingService } from '../service/run-service.js';
import { createOrderService } from './order-service.js';

await runMessagingService('orders', (basics) =>
  createOrderService({
    ...basics,
    sources: { cartsUrl: required('CARTS_URL'), productsUrl: required('PRODUCTS_URL') },
    // What is no duration is refused by the saga's definition, which names the field.
    answerWithin: (optional('ANSWER_WITHIN') ?? '5s') as Duration,
  }),
);
