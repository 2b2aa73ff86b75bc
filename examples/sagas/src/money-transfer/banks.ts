import { participant } from '@backstitch/saga-core/knex';
import type { Knex } from 'knex';
import { payeeBank, payerBank } from './contracts.js';

/** Every bank has accounts, and a ledger: what was moved is never changed, only booked back. */
export async function createBankTables(knex: Knex): Promise<void> {
  await knex.raw(`create table accounts (
    id text primary key, balance_minor bigint not null check (balance_minor >= 0), closed boolean not null default false)`);
  await knex.raw(`create table ledger (
    transfer_id text not null, account text not null references accounts, amount_minor bigint not null, what text not null,
    primary key (transfer_id, what))`);
}

export const payerBankService = participant(payerBank, {
  async withdraw({ trx, command: { payload }, decline }) {
    const { transferId, account, amountMinor } = payload;
    const found = await trx('accounts').where({ id: account }).forUpdate().first();
    if (found === undefined) return decline('ACCOUNT_UNKNOWN', { account });
    if (Number(found.balance_minor) < amountMinor)
      return decline('NOT_ENOUGH_MONEY', { missingMinor: amountMinor - Number(found.balance_minor) });
    await book(trx, { transferId, account, amountMinor: -amountMinor, what: 'withdrawn' });
  },
  async putBack({ trx, command: { payload } }) {
    const withdrawn = await trx('ledger').where({ transfer_id: payload.transferId, what: 'withdrawn' }).first();
    await book(trx, {
      transferId: payload.transferId,
      account: withdrawn.account,
      amountMinor: -Number(withdrawn.amount_minor),
      what: 'put back',
    });
  },
});

export const payeeBankService = participant(payeeBank, {
  async deposit({ trx, command: { payload }, decline }) {
    const { transferId, account, amountMinor } = payload;
    const found = await trx('accounts').where({ id: account, closed: false }).forUpdate().first();
    if (found === undefined) return decline('ACCOUNT_CLOSED', { account });
    await book(trx, { transferId, account, amountMinor, what: 'deposited' });
  },
});

interface Entry {
  readonly transferId: string;
  readonly account: string;
  readonly amountMinor: number;
  readonly what: string;
}

async function book(trx: Knex.Transaction, { transferId, account, amountMinor, what }: Entry): Promise<void> {
  await trx('ledger').insert({ transfer_id: transferId, account, amount_minor: amountMinor, what });
  await trx('accounts').where({ id: account }).increment('balance_minor', amountMinor);
}
