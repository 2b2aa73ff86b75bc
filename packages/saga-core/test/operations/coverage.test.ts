import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';
import { StepDeclined } from '../../src/errors.js';
import { createCoverage } from '../../src/operations/coverage.js';
import { coverageEdges } from '../../src/operations/coverage-edge.js';
import { journalEdges } from '../../src/operations/journal-edges.js';
import { declined, testSaga } from '../../src/testing/index.js';
import { Drive } from '../machine/drive.js';
import { type Move, play, randomMove } from '../machine/random-play.js';
import { randomSaga } from '../machine/random-saga.js';
import { inventory, payment, placeOrder } from '../testing/place-order.js';
import { bank, everyKind, mail, stock } from './order-saga.js';

const edgeWords = (definition: Parameters<typeof coverageEdges>[0]): string[] =>
  coverageEdges(definition).map(({ step, direction, outcome }) => `${step} ${direction} ${outcome}`);

const order = testSaga(placeOrder)
  .given({ total: 1, skus: [] })
  .local('createOrder', { orderId: 'o' })
  .local('confirmOrder', undefined)
  .when(inventory.reserve, { reply: { reservationId: 'r' } })
  .when(payment.authorize, { reply: { authId: 'a' } })
  .when(payment.capture, { reply: { receipt: 'c' } });

describe('the edges of a saga', () => {
  it('are what can become of each step, forwards and backwards', () => {
    expect(edgeWords(placeOrder)).toEqual([
      ...['createOrder do succeeded', 'createOrder do declined', 'createOrder undo after success'],
      ...['reserveStock do succeeded', 'reserveStock do declined', 'reserveStock do unknown'],
      ...['reserveStock undo after success', 'reserveStock undo after unknown'],
      ...['authorizePayment do succeeded', 'authorizePayment do declined', 'authorizePayment do unknown'],
      ...['authorizePayment undo after success', 'authorizePayment undo after unknown'],
      ...['capturePayment do succeeded', 'capturePayment do declined'],
      ...['confirmOrder do succeeded'],
    ]);
  });

  it('leave out what cannot happen', () => {
    const head = sagaOn<never>()('small', { version: 1, input: z.looseObject({}) });
    const last = head.local('only', () => {}, { compensate: () => {} }).build();
    expect(edgeWords(last)).toEqual(['only do succeeded', 'only do declined']);
    const certain = head
      .call('book', () => {}, { compensate: () => {} })
      .pivot('send', mail.send, { with: () => ({}) })
      .build();
    expect(edgeWords(certain)).toEqual([
      ...['book do succeeded', 'book do declined', 'book do unknown', 'book undo after unknown', 'send do succeeded'],
    ]);
  });

  it('hold all that random histories take, whatever is awaited, lost or cancelled', () => {
    let taken = 0;
    // Refusals that no contract declares are made up, and a pause opens ways that only an operator can: neither is an edge.
    const isOrdinary = (move: Move): boolean =>
      !(('outcome' in move && move.outcome.kind === 'declined') || (move.kind === 'verb' && move.verb !== 'cancel'));
    fc.assert(
      fc.property(randomSaga, fc.array(randomMove, { maxLength: 40, size: 'max' }), (definition, moves) => {
        const drive = new Drive(definition).start();
        for (const move of moves.filter(isOrdinary)) play(drive, move);
        const edges = journalEdges(definition, drive.journal);
        taken += edges.length;
        expect(coverageEdges(definition)).toEqual(expect.arrayContaining([...edges]));
      }),
      { numRuns: 200 },
    );
    expect(taken).toBeGreaterThan(200);
  });
});

describe('coverage', () => {
  it('is nothing at first, and grows with each other way that a run takes', async () => {
    const coverage = createCoverage([placeOrder]);
    expect(coverage.report().ratio).toBe(0);
    coverage.add(placeOrder, await order.run());
    coverage.add(placeOrder, await order.run());
    expect(coverage.report().ratio).toBe(5 / 16);
    expect(coverage.report().rows[0]).toEqual({
      saga: 'place-order',
      version: 1,
      step: 'createOrder',
      direction: 'do',
      outcome: 'succeeded',
      runs: 2,
    });
  });

  it('tells an undo after a success from one after nobody knew', async () => {
    const coverage = createCoverage([placeOrder]);
    coverage.add(placeOrder, await order.when(payment.authorize, { drop: true }).run());
    const taken = coverage.report().rows.filter(({ runs, direction }) => runs > 0 && direction === 'undo');
    expect(taken.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      'createOrder after success',
      'reserveStock after success',
      'authorizePayment after unknown',
    ]);
  });

  it('fails a test with the missing edges until enough is covered', async () => {
    const coverage = createCoverage([placeOrder]);
    coverage.add(placeOrder, await order.run());
    expect(() => coverage.require(0.9)).toThrow(
      expect.objectContaining({
        code: 'COVERAGE_TOO_LOW',
        message: expect.stringMatching(/take 31 %, less than 90 %:\n5 of 16 edges.*× undone after unknown/s),
        fields: expect.objectContaining({ least: 0.9, missing: expect.arrayContaining([expect.anything()]) }),
      }),
    );
    expect(() => coverage.require(0.3)).not.toThrow();
  });

  it('can be whole for every kind of step, but for a `when` that always answers yes', async () => {
    const coverage = createCoverage([everyKind]);
    const base = testSaga(everyKind)
      .given({})
      .local('createOrder', { id: 'o' })
      .local('book', { reference: 'b' })
      .when(stock.reserve, { reply: {} })
      .when(bank.authorize, { reply: {} })
      .when(bank.capture, { reply: {} })
      .signal(0, 'approval', { by: 'ada' });
    const no = (): never => {
      throw new StepDeclined('NO');
    };
    const down = (): never => {
      throw new Error('down');
    };
    const runs = [
      base,
      testSaga(everyKind)
        .given({})
        .local('createOrder', { id: 'o' })
        .when(stock.reserve, { reply: {} })
        .when(bank.authorize, { reply: {} }),
      base.local('createOrder', no),
      base.local('book', no),
      base.local('book', down),
      base.when(stock.reserve, declined(stock.reserve, 'OUT_OF_STOCK', {})),
      base.when(stock.reserve, { drop: true }),
      base.when(bank.authorize, declined(bank.authorize, 'REFUSED', {})),
      base.when(bank.authorize, { drop: true }),
      base.when(mail.send, { drop: true }).at('1h', { kind: 'cancel' }),
      base.when(bank.capture, declined(bank.capture, 'EXPIRED', {})),
    ];
    for (const run of runs) coverage.add(everyKind, await run.run());
    expect(coverage.report().missing.map(({ step, outcome }) => `${step} ${outcome}`)).toEqual([
      'book skipped',
      'thank skipped',
    ]);
    expect(coverage.report().text).toContain('every-kind version 3  book');
  });

  it('counts a signal that stays away, and not one that was there before', async () => {
    const waiting = sagaOn<never>()('waiting', { version: 1, input: z.looseObject({}) })
      .sleep('rest', '1h')
      .waitFor('word', z.string(), { timeout: '1h', onTimeout: 'continue' })
      .build();
    const edges = async (run: ReturnType<typeof testSaga>) => journalEdges(waiting, (await run.run()).journal);
    const base = testSaga(waiting).given({});
    const rested = { step: 'rest', direction: 'do', outcome: 'succeeded' };
    expect(await edges(base as never)).toEqual([rested, { step: 'word', direction: 'do', outcome: 'timed out' }]);
    expect(await edges(base.signal(0, 'word', 'yes') as never)).toEqual([
      rested,
      { step: 'word', direction: 'do', outcome: 'succeeded' },
    ]);
  });

  it('refuses a saga that it does not measure, and a ratio that is none', () => {
    const coverage = createCoverage([everyKind]);
    expect(() => coverage.add(placeOrder, { journal: [] })).toThrow(
      expect.objectContaining({ code: 'OPTION_INVALID' }),
    );
    for (const least of [-0.1, 90, Number.NaN])
      expect(() => coverage.require(least)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    expect(createCoverage([]).report().ratio).toBe(1);
  });
});
