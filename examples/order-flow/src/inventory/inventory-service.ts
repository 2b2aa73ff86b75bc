import type { MessagingServiceOptions } from '../service/messaging-service.js';
import { createParticipantService } from '../service/participant-service.js';
import type { Service } from '../service/service.js';
import { stockRoutes } from './http-api.js';
import { inventoryParticipant } from './inventory-participant.js';
import { stockMigrations } from './migrations/0001-stock.js';

/** Holds the stock and reserves it for orders. */
export function createInventoryService(options: MessagingServiceOptions): Service {
  const parts = {
    name: 'inventory',
    migrations: stockMigrations,
    eventTopic: 'inventory.events',
    participant: inventoryParticipant,
    routes: stockRoutes,
  };
  return createParticipantService(parts, options);
}
