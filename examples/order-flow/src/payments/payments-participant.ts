import { participant } from '@backstitch/saga-core/knex';
import { payments } from '../contracts/payments.js';
import type { EventPublisher } from '../events/event-publisher.js';
import { holdMoney } from './hold-money.js';
import { voidHold } from './void-hold.js';

/** Each handler runs in one transaction with the fence and the reply: it needs no check of its own against running twice. */
export function paymentsParticipant(events: EventPublisher) {
  return participant(payments, {
    async authorize({ trx, command, decline }) {
      const { orderId, customerId, amount } = command.payload;
      const hold = await holdMoney(trx, { orderId, customerId, amount });
      if (hold.kind === 'declined') return decline('PAYMENT_DECLINED', { reason: hold.reason });
      const { paymentId } = hold;
      await trx('effects').insert({ command_id: command.id, effect: 'authorize' });
      const payload = { orderId, paymentId, customerId, amount };
      await events.publish(trx, { type: 'PaymentAuthorized', aggregateType: 'payment', aggregateId: orderId, payload });
      return { paymentId };
    },
    async void({ trx, command }) {
      await voidHold(trx, command.payload.orderId);
      await trx('effects').insert({ command_id: command.id, effect: 'void' });
    },
  });
}
