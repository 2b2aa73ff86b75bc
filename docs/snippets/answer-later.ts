// #region contract
import { contract } from '@backstitch/messaging';
import { z } from 'zod';

export const print = contract('print', {
  book: {
    request: z.object({ orderId: z.string(), copies: z.number().int() }),
    reply: z.object({ pages: z.number().int() }),
    errors: { PAPER_JAM: z.object({ page: z.number().int() }) },
  },
  discard: { request: z.object({ orderId: z.string() }) },
});
// #endregion contract

// #region handlers
import { participant } from '@backstitch/saga-core/knex';

export const printer = participant(print, {
  async book({ trx, command, accept }) {
    const { orderId, copies } = command.payload;
    await trx('print_jobs').insert({ command_id: command.id, order_id: orderId, copies, status: 'open' });
    return accept(); // committed with the job; the answer comes later
  },
  async discard({ trx, command }) {
    await trx('print_jobs').where({ order_id: command.payload.orderId }).update({ status: 'discarded' });
  },
});
// #endregion handlers

// #region worker
import { SagaError } from '@backstitch/saga-core';
import { postgresAnswers } from '@backstitch/saga-core/postgres';
import type { Knex } from 'knex';

interface PrintJob {
  readonly command_id: string;
  readonly copies: number;
}

/** `press` prints one copy and answers how many pages that took. */
export async function work(knex: Knex, job: PrintJob, press: () => Promise<number>): Promise<void> {
  const answers = postgresAnswers<Knex.Transaction>({ database: knex });
  const { command_id: id } = job;
  try {
    let pages = 0;
    for (let copy = 0; copy < job.copies; copy += 1) {
      await answers.heartbeat(print.book, id); // as often as you like: at most one a second leaves
      pages += await press();
    }
    await knex.transaction(async (trx) => {
      await answers.answer(trx, print.book, id).succeed({ pages }); // first: then your own rows
      await trx('print_jobs').where({ command_id: id }).update({ status: 'printed' });
    });
  } catch (error) {
    // The saga turned back meanwhile and `discard` has run, or somebody else has answered: the work is dropped.
    if (error instanceof SagaError && (error.code === 'FENCED' || error.code === 'ANSWER_REFUSED')) return;
    throw error;
  }
}
// #endregion worker

// #region otherwise
/** A business "no", and a technical failure after which the handler is called again. */
export async function giveUp(knex: Knex, id: string, why: { readonly jammedAt?: number }): Promise<void> {
  const answers = postgresAnswers<Knex.Transaction>({ database: knex });
  await knex.transaction(async (trx) => {
    const answer = answers.answer(trx, print.book, id);
    if (why.jammedAt === undefined) await answer.fail({ message: 'the press is down' });
    else await answer.decline('PAPER_JAM', { page: why.jammedAt });
    await trx('print_jobs').where({ command_id: id }).delete();
  });
}
// #endregion otherwise

// #region saga
import { saga } from '@backstitch/saga-core/knex';

const order = z.object({ orderId: z.string(), copies: z.number().int() });

export const publish = saga('publish', { version: 1, input: order })
  .invoke('printBook', print.book, {
    with: ({ input }) => input,
    compensate: { command: print.discard, with: ({ sent }) => ({ orderId: sent.orderId }) },
    timeout: '10s', // until it is accepted
    acceptedTimeout: '1m', // from then on, between two heartbeats
  })
  .output(({ steps }) => ({ pages: steps.printBook.pages }));
// #endregion saga

// #region test
import { testSaga } from '@backstitch/saga-core/testing';

export async function printsForTwoHours(): Promise<string> {
  const run = await testSaga(publish)
    .given({ orderId: 'o1', copies: 500 })
    .when(print.book, { accepted: { answer: { reply: { pages: 90_000 } }, after: '2h', heartbeatEvery: '30s' } })
    .run();
  return run.status; // 'completed'
}
// #endregion test

// #region call
const report = z.object({ url: z.string() });

export const archive = saga('archive', { version: 1, input: report })
  .call(
    'upload',
    async ({ input, idempotencyKey, signal, heartbeat }) => {
      const source = await fetch(input.url, { signal });
      let bytes = 0;
      for await (const chunk of source.body ?? []) {
        heartbeat(); // costs nothing: the lease is renewed three times in 20 s at most
        bytes += (chunk as Uint8Array).byteLength;
      }
      return { bytes, key: idempotencyKey };
    },
    { compensate: 'nothing to undo', timeout: '1h', heartbeat: '20s' },
  )
  .build();
// #endregion call
