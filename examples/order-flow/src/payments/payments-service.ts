import type { MessagingServiceOptions } from '../service/messaging-service.js';
import { createParticipantService } from '../service/participant-service.js';
import type { Service } from '../service/service.js';
import { accountRoutes } from './http-api.js';
import { accountMigrations } from './migrations/0001-accounts.js';
import { paymentsParticipant } from './payments-participant.js';

/** Holds the customers' accounts and authorises payments from them. */
export function createPaymentsService(options: MessagingServiceOptions): Service {
  const parts = {
    name: 'payments',
    migrations: accountMigrations,
    eventTopic: 'payment.events',
    participant: paymentsParticipant,
    routes: accountRoutes,
  };
  return createParticipantService(parts, options);
}
