import { participant } from '@backstitch/saga-core/knex';
import { inventory } from '../contracts/inventory.js';
import type { EventPublisher } from '../events/event-publisher.js';
import { releaseStock } from './release-stock.js';
import { reserveStock } from './reserve-stock.js';

/** Each handler runs in one transaction with the fence and the reply: it needs no check of its own against running twice. */
export function inventoryParticipant(events: EventPublisher) {
  return participant(inventory, {
    async reserve({ trx, command, decline }) {
      const { orderId, items } = command.payload;
      const reservation = await reserveStock(trx, orderId, items);
      if (reservation.kind === 'out of stock') {
        const { sku, requested, available } = reservation;
        return decline('OUT_OF_STOCK', { sku, requested, available });
      }
      const { reservationId } = reservation;
      await trx('effects').insert({ command_id: command.id, effect: 'reserve' });
      const payload = { orderId, reservationId, items };
      await events.publish(trx, {
        type: 'InventoryReserved',
        aggregateType: 'reservation',
        aggregateId: orderId,
        payload,
      });
      return { reservationId };
    },
    async release({ trx, command }) {
      await releaseStock(trx, command.payload.orderId);
      await trx('effects').insert({ command_id: command.id, effect: 'release' });
    },
  });
}
