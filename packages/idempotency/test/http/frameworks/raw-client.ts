import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';

/** What `fetch` would not send as it is: a header twice, half a body. */
export interface RawRequest {
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: string;
}

export interface RawAnswer {
  readonly status: number | undefined;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export async function rawPost(url: string, sent: RawRequest): Promise<RawAnswer> {
  const running = request(url, { method: 'POST', headers: sent.headers, agent: false });
  running.end(sent.body);
  const [response] = (await once(running, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of response.setEncoding('utf8')) body += String(chunk);
  return { status: response.statusCode, headers: response.headers, body };
}

/** Sends a request and does not wait for its answer: the caller hangs up. Its error is its own doing and nobody's business. */
export function startPost(url: string, sent: RawRequest): ClientRequest {
  const running = request(url, { method: 'POST', headers: sent.headers, agent: false });
  running.on('error', () => undefined);
  running.write(sent.body);
  return running;
}

export async function hangUp(running: ClientRequest): Promise<void> {
  // Not `once`, which rejects at the error that hanging up is.
  const closed = new Promise((resolve) => running.once('close', resolve));
  running.destroy();
  await closed;
}
