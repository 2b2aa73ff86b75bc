import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createBankTables, payeeBankService, payerBankService } from '../../src/money-transfer/banks.js';
import { approvalLimitMinor, transferMoney } from '../../src/money-transfer/transfer-money.js';
import { openStage, type Stage } from '../stage.js';

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
afterEach(async () => expect(await stage.engine.violations()).toEqual([]));
afterAll(() => stage.close());

const start = async (transferId: string, amountMinor: number, to = 'bob') => {
  const handle = await stage.engine.start(transferMoney, { input: { transferId, from: 'ada', to, amountMinor } });
  await stage.engine.settle();
  return handle;
};
const balances = async () => {
  const sums = ['payer-bank', 'payee-bank'].map((bank) =>
    stage.database(bank)('accounts').sum('balance_minor').first(),
  );
  return (await Promise.all(sums)).map((row) => Number(row?.['sum']));
};

describe('a transfer on real databases', () => {
  it('that is small is made at once', async () => {
    const [payer = 0, payee = 0] = await balances();
    await start('small', 500);
    expect(await balances()).toEqual([payer - 500, payee + 500]);
  });

  it('that is large waits for a word, and is made once', async () => {
    const [payer = 0, payee = 0] = await balances();
    const handle = await start('large', large);
    expect(await balances()).toEqual([payer - large, payee]);
    const word = { step: 'approval', id: 'decision-1', body: { approved: true, by: 'eve' } };
    const taken = [await stage.engine.signal(handle.id, word), await stage.engine.signal(handle.id, word)];
    expect(taken).toEqual([true, false]);
    await stage.engine.settle();
    expect(await handle.result()).toEqual({ approvedBy: 'eve' });
    expect(await balances()).toEqual([payer - large, payee + large]);
  });

  it('that nobody approves is put back after two days, and a word that comes later is told so', async () => {
    const before = await balances();
    const { id } = await start('forgotten', large);
    await stage.engine.advance('47h');
    expect(await stage.engine.find(id)).toMatchObject({ status: 'running' });
    await stage.engine.advance('1h');
    expect((await stage.engine.find(id))?.failure).toMatchObject({ code: 'SIGNAL_TIMED_OUT' });
    expect(await balances()).toEqual(before);
    const late = { step: 'approval', id: 'decision-2', body: { approved: true, by: 'eve' } };
    expect(await stage.engine.signal(id, late)).toBe(false);
  });

  it('to a closed account is put back, and both bookings stand in the ledger', async () => {
    const before = await balances();
    const { id } = await start('closed', 700, 'gone');
    expect((await stage.engine.find(id))?.failure).toMatchObject({ code: 'ACCOUNT_CLOSED' });
    expect(await balances()).toEqual(before);
    const ledger = await stage.database('payer-bank')('ledger').where({ transfer_id: 'closed' }).pluck('what');
    expect(ledger.sort()).toEqual(['put back', 'withdrawn']);
  });

  it('whose other bank is away for twenty minutes is made when that comes back, and not put back meanwhile', async () => {
    const [payer = 0, payee = 0] = await balances();
    stage.engine.participant('payee-bank').crash();
    const { id } = await start('patient', 300);
    await stage.engine.advance('20m');
    expect(await balances()).toEqual([payer - 300, payee]);
    await stage.engine.participant('payee-bank').restart();
    await stage.engine.until(id, 'completed');
    expect(await balances()).toEqual([payer - 300, payee + 300]);
  });
});
