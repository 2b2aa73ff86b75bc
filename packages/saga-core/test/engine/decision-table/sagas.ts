import { contract } from '@backstitch/messaging';
import { z } from 'zod';
import { saga } from '../../../src/knex/index.js';

const request = z.looseObject({});
const errors = { NO: z.object({}) };
const done = z.object({ id: z.string() });
/** What a participant itself believes that it may answer. */
const anything = z.looseObject({});

export const stock = contract('stock', { take: { request, reply: done, errors }, back: { request } });
export const bank = contract('bank', {
  charge: { request, reply: done, errors },
  refund: { request },
  commit: { request, reply: done, errors },
});
export const post = contract('post', {
  note: { request, reply: done, errors },
  ship: { request, reply: done, errors },
});
export const theirs = {
  stock: contract('stock', { take: { request, reply: anything, errors }, back: { request } }),
  bank: contract('bank', {
    charge: { request, reply: anything, errors },
    refund: { request },
    commit: { request, reply: anything, errors },
  }),
  post: contract('post', { note: { request, reply: anything, errors }, ship: { request, reply: anything, errors } }),
};

export const input = z.object({});
/** Nothing runs out by itself within a test: each says when time has passed. */
export const timeout = '1h';
export const timeoutMs = 3_600_000;
export const backoffMs = 600_000;
const retry = { attempts: 2, backoff: '10m', jitter: 'none' } as const;
export const hold = {
  with: () => ({}),
  compensate: { command: stock.back, with: () => ({}) },
  retry,
  timeout,
} as const;
export const charge = {
  with: () => ({}),
  compensate: { command: bank.refund, with: () => ({}) },
  retry,
  timeout,
} as const;
export const note = { with: () => ({}), compensate: 'nothing to undo', retry, timeout } as const;

/** Hold, charge, commit (the pivot), ship; the last two are tried for ever. */
export const line = saga('line', { version: 1, input })
  .invoke('hold', stock.take, hold)
  .invoke('charge', bank.charge, charge)
  .pivot('commit', bank.commit, {
    with: () => ({}),
    retry: { backoff: '10m', maxBackoff: '20m', jitter: 'none' },
    timeout,
  })
  .invoke('ship', post.ship, { with: () => ({}), retry: { backoff: '10m', jitter: 'none' }, timeout })
  .build();

/** The same, whose pivot and last step give up after two attempts. */
export const bounded = saga('bounded', { version: 1, input })
  .invoke('hold', stock.take, hold)
  .pivot('commit', bank.commit, { with: () => ({}), retry, timeout })
  .invoke('ship', post.ship, { with: () => ({}), retry, timeout })
  .build();

/** Hold, charge and note side by side; note has nothing to undo. */
export const fork = saga('fork', { version: 1, input })
  .parallel((branches) =>
    branches.invoke('hold', stock.take, hold).invoke('charge', bank.charge, charge).invoke('note', post.note, note),
  )
  .build();

/** A saga with a deadline of its own, longer than one attempt's. */
export const limited = saga('limited', { version: 1, input, timeout: '90m' })
  .invoke('hold', stock.take, hold)
  .invoke('charge', bank.charge, charge)
  .build();

/** Its participants have 100 ms, twice. */
export const impatient = saga('impatient', { version: 1, input })
  .invoke('hold', stock.take, hold)
  .invoke('charge', bank.charge, {
    ...charge,
    timeout: '100ms',
    retry: { attempts: 2, backoff: '20ms', jitter: 'none' },
  })
  .build();

/** The undo of its second step is tried once. */
export const brittle = saga('brittle', { version: 1, input })
  .invoke('hold', stock.take, hold)
  .invoke('charge', bank.charge, { ...charge, undoRetry: { attempts: 1 } })
  .invoke('note', post.note, note)
  .build();

/** Two steps at one participant: their messages share a lane. */
export const twice = saga('twice', { version: 1, input })
  .invoke('hold', stock.take, hold)
  .invoke('more', stock.take, hold)
  .build();

/** What the calls of `asking` do, an idempotency key after the other. */
export const calls: string[] = [];
export const mood = { call: (): Promise<void> => Promise.resolve() };

/** A call to the outside, and a signal that is waited for. */
export const asking = saga('asking', { version: 1, input })
  .invoke('hold', stock.take, hold)
  .call(
    'wire',
    async ({ idempotencyKey }) => {
      calls.push(idempotencyKey);
      await mood.call();
      return { reference: 'w1' };
    },
    { compensate: ({ idempotencyKey }) => void calls.push(idempotencyKey), retry, timeout: '10m' },
  )
  .waitFor('approval', z.object({ by: z.string() }))
  .invoke('charge', bank.charge, charge)
  .build();

/** A call and a participant's command side by side, and a step behind them. */
export const mixed = saga('mixed', { version: 1, input })
  .parallel((branches) =>
    branches
      .call('wire', () => mood.call(), {
        compensate: ({ idempotencyKey }) => void calls.push(idempotencyKey),
        retry,
        timeout: '10m',
      })
      .invoke('hold', stock.take, hold),
  )
  .invoke('charge', bank.charge, charge)
  .build();

/** Two branches at one participant: their answers come in one batch. */
export const twins = saga('twins', { version: 1, input })
  .parallel((branches) => branches.invoke('hold', stock.take, hold).invoke('more', stock.take, hold))
  .build();

export const allSagas = [line, bounded, fork, limited, impatient, brittle, twice, asking, mixed, twins];
