import type { ServerResponse } from 'node:http';
import type { HttpResponse } from './http-response.js';

/** What is used of a Fastify reply. */
export interface FastifyReplyLike {
  readonly raw: ServerResponse;
  getHeaders(): Readonly<Record<string, unknown>>;
  code(status: never): unknown;
  send(payload?: never): unknown;
}

/** The same reply, as it is called here. Its own type is generic in the route's schema, which says nothing of what was stored. */
interface NativeReply {
  code(status: number): this;
  headers(values: object): this;
  removeHeader(name: string): this;
  send(payload?: unknown): this;
}

export function nativeReply(reply: FastifyReplyLike): NativeReply {
  return reply as unknown as NativeReply;
}

/** Sends a whole answer by Fastify's own means, with its `onSend` hooks and with the headers that stand on the reply. */
export function sendReply(reply: FastifyReplyLike, { status, headers = {}, body }: HttpResponse): void {
  nativeReply(reply).code(status).headers(headers).send(body);
}

/** Takes back what was set on the reply since `standing` stood there. */
export function clearReply(reply: FastifyReplyLike, standing: Readonly<Record<string, unknown>>): void {
  const native = nativeReply(reply);
  for (const name of Object.keys(reply.getHeaders())) native.removeHeader(name);
  native.code(200).headers(standing);
}
