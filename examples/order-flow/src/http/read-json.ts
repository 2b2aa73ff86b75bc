import type { IncomingMessage } from 'node:http';
import type { HttpResponse } from '@backstitch/idempotency';
import { problem } from './problem.js';

export type ReadJson =
  | { readonly kind: 'read'; readonly body: unknown }
  | { readonly kind: 'refused'; readonly response: HttpResponse };

const maxBytes = 64 * 1024;

/** The body as JSON; `undefined` where there is none. */
export async function readJson(request: IncomingMessage): Promise<ReadJson> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read on to the end, without keeping it: the client is still writing and would miss the answer.
    if (bytes <= maxBytes) chunks.push(chunk);
  }
  if (bytes > maxBytes) {
    const detail = `The body has ${bytes} bytes, ${maxBytes} are allowed.`;
    return {
      kind: 'refused',
      response: problem({ status: 413, code: 'BODY_TOO_LARGE', title: 'The body is too large', detail }),
    };
  }
  if (bytes === 0) return { kind: 'read', body: undefined };
  try {
    return { kind: 'read', body: JSON.parse(Buffer.concat(chunks).toString('utf8')) };
  } catch {
    const detail = 'The body cannot be read as JSON.';
    return {
      kind: 'refused',
      response: problem({ status: 400, code: 'BODY_NOT_JSON', title: 'The body is not JSON', detail }),
    };
  }
}
