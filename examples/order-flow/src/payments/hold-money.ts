import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import type { Money } from '../contracts/money.js';

export type MoneyHold =
  | { readonly kind: 'held'; readonly paymentId: string }
  | { readonly kind: 'declined'; readonly reason: 'INSUFFICIENT_FUNDS' | 'UNKNOWN_ACCOUNT' | 'OTHER_CURRENCY' };

/** Takes the amount from the balance and keeps it as an authorised payment. */
export async function holdMoney(
  trx: Knex.Transaction,
  { orderId, customerId, amount }: { readonly orderId: string; readonly customerId: string; readonly amount: Money },
): Promise<MoneyHold> {
  const { amountMinor, currency } = amount;
  const taken = await trx('accounts')
    .where({ customer_id: customerId, currency })
    .andWhere('balance_minor', '>=', amountMinor)
    .decrement('balance_minor', amountMinor);
  if (taken === 0) {
    const account = await trx('accounts')
      .where({ customer_id: customerId })
      .first<{ currency: string } | undefined>('currency');
    if (account === undefined) return { kind: 'declined', reason: 'UNKNOWN_ACCOUNT' };
    return { kind: 'declined', reason: account.currency === currency ? 'INSUFFICIENT_FUNDS' : 'OTHER_CURRENCY' };
  }
  const paymentId = randomUUID();
  await trx('payments').insert({
    id: paymentId,
    order_id: orderId,
    customer_id: customerId,
    amount_minor: amountMinor,
  });
  return { kind: 'held', paymentId };
}
