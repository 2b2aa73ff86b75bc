import { participant } from '@backstitch/saga-core/knex';
import { inventory, payments } from './contracts.js';

export const inventoryParticipant = participant(inventory, {
  async reserve({ trx, command, decline }) {
    const { orderId, sku } = command.payload;
    const taken = await trx('stock').where({ sku }).where('available', '>', 0).decrement('available', 1);
    if (taken === 0) return decline('OUT_OF_STOCK', { sku });
    await trx('reservations').insert({ order_id: orderId, sku });
    return { reservationId: command.id };
  },
  async release({ trx, command }) {
    const [gone] = await trx('reservations').where({ order_id: command.payload.orderId }).delete().returning('sku');
    await trx('stock').where({ sku: gone.sku }).increment('available', 1);
  },
});

export const paymentsParticipant = participant(payments, {
  async charge({ command, decline }) {
    if (command.payload.amountMinor > 1_000) return decline('REFUSED', { reason: 'more than the card allows' });
    return { paymentId: command.id };
  },
});
