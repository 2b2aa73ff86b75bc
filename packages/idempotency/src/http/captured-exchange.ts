import type { ServerResponse } from 'node:http';
import type { Idempotency } from '../idempotency.js';
import type { ExchangeOptions } from './exchange.js';
import type { HttpResponse } from './http-response.js';
import type { RequestOutcome } from './idempotent-request.js';
import { captureResponse, type ResponseCapture } from './response-capture.js';

export interface CapturedCall<Trx> {
  readonly options: ExchangeOptions;
  readonly response: ServerResponse;
  /** Headers that are set for every answer, where the framework keeps them apart until the end. */
  readonly standingHeaders?: Readonly<Record<string, unknown>>;
  /** The handler: what it writes to the response is the answer. Both its end and the response's are waited for. */
  run(trx: Trx, capture: ResponseCapture): unknown;
}

/**
 * Runs a handler whose answer is caught on its way out. After `fresh` the answer's status and headers stand on the response, which is to be ended
 * with the body; after anything else, and where this throws, the response is untouched.
 */
export async function capturedExchange<Trx>(
  idempotency: Pick<Idempotency<Trx>, 'exchange'>,
  call: CapturedCall<Trx>,
): Promise<RequestOutcome> {
  let capture: ResponseCapture | undefined;
  try {
    const outcome = await idempotency.exchange(call.options, async (trx) => {
      const held = captureResponse(call.response, call.standingHeaders);
      capture = held;
      // All of it: who answers first and writes to the database then is still in time, and who throws in between is not answered for.
      const [answer] = await Promise.all([held.answer, ranBy(() => call.run(trx, held))]);
      return answer;
    });
    if (outcome.kind === 'fresh') capture?.release();
    return outcome;
  } catch (error) {
    capture?.discard();
    throw error;
  }
}

async function ranBy(run: () => unknown): Promise<void> {
  await run();
}

/** Sends an outcome on its response: of a fresh one everything but the body stands there already. */
export function sendOutcome(response: ServerResponse, { kind, response: answer }: RequestOutcome): void {
  if (kind === 'fresh') response.end(answer.body);
  else sendResponse(response, answer);
}

/** Sends a whole answer on a response that nothing was written to. */
export function sendResponse(response: ServerResponse, answer: HttpResponse): void {
  response.statusCode = answer.status;
  for (const [name, value] of Object.entries(answer.headers ?? {})) {
    // What middleware has set for this answer stays beside what was stored.
    if (name.toLowerCase() === 'set-cookie') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  response.end(answer.body);
}
