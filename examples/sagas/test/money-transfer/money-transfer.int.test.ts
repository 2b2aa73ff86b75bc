import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBankTables, payeeBankService, payerBankService } from '../../src/money-transfer/banks.js';
import { approvalLimitMinor, transferMoney } from '../../src/money-transfer/transfer-money.js';
import { openStage, type Stage } from '../stage.js';

const day = 24 * 60 * 60 * 1_000;
const large = approvalLimitMinor + 1;
let stage: Stage;

beforeAll(async () => {
  stage = await openStage({
    orchestrator: 'transfers',
    sagas: [transferMoney],
    services: [
      { participant: payerBankService, createTables: createBankTables },
      { participant: payeeBankService, createTables: createBankTables },
    ],
  });
  await stage
    .database('payer-bank')('accounts')
    .insert({ id: 'ada', balance_minor: 10 * large });
  await stage
    .database('payee-bank')('accounts')
    .insert([
      { id: 'bob', balance_minor: 0 },
      { id: 'gone', balance_minor: 0, closed: true },
    ]);
});
afterAll(() => stage.close());

const start = (transferId: string, amountMinor: number, to = 'bob') =>
  stage.engine.start(transferMoney, { input: { transferId, from: 'ada', to, amountMinor } });
const balances = async () => {
  const sums = ['payer-bank', 'payee-bank'].map((bank) =>
    stage.database(bank)('accounts').sum('balance_minor').first(),
  );
  return (await Promise.all(sums)).map((row) => Number(row?.['sum']));
};
const isWaiting = async (id: string) =>
  expect
    .poll(async () => (await stage.engine.find(id))?.steps.approval?.status, { timeout: 20_000 })
    .toBe('dispatched');

describe('a transfer on real databases', () => {
  it('that is small is made at once', async () => {
    const [payer = 0, payee = 0] = await balances();
    await (await start('small', 500)).result({ timeout: '30s' });
    expect(await balances()).toEqual([payer - 500, payee + 500]);
  });

  it('that is large waits for a word, and is made once', async () => {
    const [payer = 0, payee = 0] = await balances();
    const handle = await start('large', large);
    await isWaiting(handle.id);
    expect(await balances()).toEqual([payer - large, payee]);
    const word = { step: 'approval', id: 'decision-1', body: { approved: true, by: 'eve' } };
    expect([await stage.engine.signal(handle.id, word), await stage.engine.signal(handle.id, word)]).toEqual([
      true,
      false,
    ]);
    expect(await handle.result({ timeout: '30s' })).toEqual({ approvedBy: 'eve' });
    expect(await balances()).toEqual([payer - large, payee + large]);
  });

  it('that nobody approves is put back after two days', async () => {
    const before = await balances();
    const handle = await start('forgotten', large);
    await isWaiting(handle.id);
    await stage.pass(day);
    await stage.engine.wakeDue();
    expect((await stage.engine.find(handle.id))?.status).toBe('running');
    await stage.pass(day);
    await expect(handle.result({ timeout: '30s' })).rejects.toMatchObject({
      fields: { failure: { code: 'SIGNAL_TIMED_OUT' } },
    });
    expect(await balances()).toEqual(before);
  });

  it('to a closed account is put back, and both bookings stand in the ledger', async () => {
    const before = await balances();
    await expect((await start('closed', 700, 'gone')).result({ timeout: '30s' })).rejects.toMatchObject({
      fields: { failure: { code: 'ACCOUNT_CLOSED' } },
    });
    expect(await balances()).toEqual(before);
    const ledger = await stage.database('payer-bank')('ledger').where({ transfer_id: 'closed' }).pluck('what');
    expect(ledger.sort()).toEqual(['put back', 'withdrawn']);
  });
});
