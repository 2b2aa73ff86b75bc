import { declined, explore, testSaga } from '@backstitch/saga-core/testing';
import { describe, expect, it, vi } from 'vitest';
import { payeeBank, payerBank } from '../../src/money-transfer/contracts.js';
import { approvalLimitMinor, transferMoney } from '../../src/money-transfer/transfer-money.js';

// The exploring takes a second, more on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const small = { transferId: 't1', from: 'ada', to: 'bob', amountMinor: approvalLimitMinor };
const large = { ...small, amountMinor: approvalLimitMinor + 1 };

describe('a small transfer', () => {
  const transfer = testSaga(transferMoney, { trx: null }).given(small);

  it('asks nobody', async () => {
    const run = await transfer.run();
    expect(run.trace).toEqual(['+withdraw', '~approval:when', '+checkApproval', '+deposit']);
    expect(run.output).toEqual({ approvedBy: null });
  });

  it.each([
    declined(payerBank.withdraw, 'ACCOUNT_UNKNOWN', { account: 'ada' }),
    declined(payerBank.withdraw, 'NOT_ENOUGH_MONEY', { missingMinor: 5 }),
  ])('moves nothing where the money is not there: $code', async (refusal) => {
    const run = await transfer.when(payerBank.withdraw, refusal).run();
    expect(run.trace).toEqual([`!withdraw:${refusal.code}`]);
  });

  it('puts the money back where it cannot be deposited', async () => {
    const refusal = declined(payeeBank.deposit, 'ACCOUNT_CLOSED', { account: 'bob' });
    const run = await transfer.when(payeeBank.deposit, refusal).run();
    expect(run.trace).toEqual([
      '+withdraw',
      '~approval:when',
      '+checkApproval',
      '!deposit:ACCOUNT_CLOSED',
      '-withdraw',
    ]);
  });

  it('that the other bank is slow to answer is not put back: the deposit may have been made', async () => {
    const slow = transfer.when(payeeBank.deposit, (_, attempt) =>
      attempt < 10 ? { reply: undefined, replyLost: true } : { reply: undefined },
    );
    expect(await slow.run()).toMatchObject({ status: 'completed', undone: [] });
  });
});

describe('a large transfer', () => {
  const transfer = testSaga(transferMoney, { trx: null }).given(large);

  it('is deposited when somebody approves it', async () => {
    const run = await transfer.signal('1d', 'approval', { approved: true, by: 'eve' }).run();
    expect(run.trace).toEqual(['+withdraw', '+approval', '+checkApproval', '+deposit']);
    expect(run.output).toEqual({ approvedBy: 'eve' });
  });

  it('is put back when somebody refuses it', async () => {
    const run = await transfer.signal('1d', 'approval', { approved: false, by: 'eve' }).run();
    expect(run.failure).toMatchObject({ code: 'NOT_APPROVED', detail: { by: 'eve' } });
    expect(run.trace.slice(1)).toEqual(['+approval', '!checkApproval:NOT_APPROVED', '-withdraw']);
  });

  it('is put back when nobody decides within two days, and a decision that comes later changes nothing', async () => {
    const run = await transfer.signal('3d', 'approval', { approved: true, by: 'eve' }).run();
    expect(run.trace.slice(0, 3)).toEqual(['+withdraw', '!approval:SIGNAL_TIMED_OUT', '-withdraw']);
    expect(run.sent.map(({ command }) => command)).not.toContain('payee-bank.deposit');
  });
});

describe('whatever happens', () => {
  it.each([
    ['approved', large, true],
    ['refused', large, false],
    ['not asked for', small, true],
  ])('to a transfer that is %s, money is neither lost nor made', (_what, input, approved) => {
    const { violations } = explore(transferMoney, {
      input,
      maxFaults: 2,
      outputs: { approval: { approved, by: 'eve' } },
      invariants: [
        {
          name: 'at the end the money is at one of the two banks',
          check: ({ status, effects }) => {
            const withdrawn = effects('withdraw').done - effects('withdraw').undone;
            const deposited = effects('deposit').done;
            if (status === 'completed' || status === 'compensated') return withdrawn === deposited;
            return deposited <= withdrawn || 'it was deposited and not withdrawn';
          },
        },
      ],
    });
    expect(violations).toEqual([]);
  });
});
