import type { Knex } from 'knex';

/** Gives the held money back. The fence calls it only where an authorisation took effect. */
export async function voidHold(trx: Knex.Transaction, orderId: string): Promise<void> {
  const voided = await trx('payments')
    .where({ order_id: orderId, status: 'AUTHORIZED' })
    .update({ status: 'VOIDED' })
    .returning<{ customer_id: string; amount_minor: string }[]>(['customer_id', 'amount_minor']);
  for (const { customer_id, amount_minor } of voided) {
    await trx('accounts').where({ customer_id }).increment('balance_minor', Number(amount_minor));
  }
}
