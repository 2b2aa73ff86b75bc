import type { Database } from '@backstitch/postgres';
import { IdempotencyError } from '../errors.js';
import type { OnceContext } from '../once.js';
import { requirePositive } from '../require-option.js';
import { type HttpResponse, isTransient, TransientResponse } from './http-response.js';
import { type RequestOptions, type RequestOutcome, requestUnderKey } from './idempotent-request.js';
import { problem } from './problem.js';
import { isSafeMethod, requestKey } from './request-key.js';

export interface ExchangeOptions extends RequestOptions {
  /** How long the handler may hold its transaction open, in milliseconds. Default 30,000. */
  readonly handlerTimeoutMs?: number;
  /** What becomes of a request without a key: `refuse` answers 400, `run` runs it in a transaction like any other and stores nothing. Default `refuse`. */
  readonly missingKey?: 'refuse' | 'run';
}

const defaultHandlerTimeoutMs = 30_000;

export async function exchange<Trx>(
  database: Database<Trx>,
  context: OnceContext,
  call: { readonly options: ExchangeOptions; handler(trx: Trx): Promise<HttpResponse> },
): Promise<RequestOutcome> {
  const timeoutMs = requirePositive('handlerTimeoutMs', call.options.handlerTimeoutMs ?? defaultHandlerTimeoutMs);
  // Looked at first: what can only be refused needs no connection.
  const header = requestKey(call.options.key);
  const mayMiss = header.kind === 'missing' && call.options.missingKey === 'run';
  if (mayMiss || isSafeMethod(call.options.method)) {
    return withoutKey(database, (trx) => inTime(timeoutMs, call.handler(trx)));
  }
  if (header.kind !== 'key') return { kind: 'refused', response: problem(header, context.problemTypeBase) };
  // The transaction is ours: what is to be undone is undone with all of it, without a savepoint, and answered behind it.
  const request = requestUnderKey(context, call.options, header.key);
  try {
    return await database.transaction((trx, sql) =>
      request.run(sql, 'transaction', () => inTime(timeoutMs, call.handler(trx))),
    );
  } catch (error) {
    return request.answerTo(error);
  }
}

/** In a transaction like any other, rolled back where the answer says "not now"; nothing is stored. */
async function withoutKey<Trx>(
  database: Database<Trx>,
  handler: (trx: Trx) => Promise<HttpResponse>,
): Promise<RequestOutcome> {
  try {
    return await database.transaction(async (trx) => {
      const response = await handler(trx);
      if (isTransient(response.status)) throw new TransientResponse(response);
      return { kind: 'fresh', response };
    });
  } catch (error) {
    if (error instanceof TransientResponse) return { kind: 'fresh', response: error.response };
    throw error;
  }
}

/** A handler that forgets to answer must not keep a transaction, its locks and its connection for ever. */
async function inTime<T>(timeoutMs: number, running: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(timedOut(timeoutMs)), timeoutMs);
  });
  try {
    return await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
  }
}

function timedOut(timeoutMs: number): IdempotencyError {
  return new IdempotencyError(
    'HANDLER_TIMED_OUT',
    'The handler did not answer in time; what it wrote is rolled back.',
    {
      fields: { timeoutMs },
      hint: 'End every response, move slow calls out of the transaction (lease), or set handlerTimeoutMs.',
    },
  );
}
