import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { beforeEach, expect, it } from 'vitest';
import { captureResponse } from '../../src/http/response-capture.js';

let response: ServerResponse;
beforeEach(() => {
  response = new ServerResponse(new IncomingMessage(new Socket()));
});

it('collects what is written in any encoding, and sends nothing', async () => {
  const capture = captureResponse(response);
  response.writeHead(201, 'Made', { 'x-a': '1' });
  response.write('grün');
  response.write('2c20', 'hex');
  response.end(Buffer.from('blau'));
  expect(await capture.answer).toEqual({ status: 201, headers: { 'x-a': '1' }, body: 'grün, blau' });
  expect(response.headersSent).toBe(false);
  expect(capture.ended).toBe(true);
});

it('reads the headers of writeHead as an object and as a list', async () => {
  const capture = captureResponse(response);
  response.writeHead(200, ['x-a', '1', 'x-b', '2']);
  response.end();
  expect(await capture.answer).toEqual({ status: 200, headers: { 'x-a': '1', 'x-b': '2' } });
});

it('leaves out what was set before, but for what the handler has changed', async () => {
  response.setHeader('x-request-id', '7');
  response.setHeader('x-cache', 'yes');
  const capture = captureResponse(response, { 'x-apart': '1' });
  response.setHeader('x-apart', '1');
  response.setHeader('x-cache', 'no');
  response.end('done');
  expect(await capture.answer).toEqual({ status: 200, headers: { 'x-cache': 'no' }, body: 'done' });
});

it('ignores whatever comes after the end', async () => {
  const capture = captureResponse(response);
  response.end('first');
  response.writeHead(500, { 'x-late': '1' });
  expect(response.write('more')).toBe(false);
  response.end('second');
  expect(await capture.answer).toEqual({ status: 200, headers: {}, body: 'first' });
});

it('gives back the methods that middleware had put on the response, and else the prototype’s', () => {
  const compressed = () => response;
  response.end = compressed;
  const capture = captureResponse(response);
  expect(response.end).not.toBe(compressed);
  capture.release();
  expect(response.end).toBe(compressed);
  expect(Object.hasOwn(response, 'write')).toBe(false);
});

it('discards an answer with everything that was set for it', () => {
  response.setHeader('x-request-id', '7');
  const capture = captureResponse(response);
  response.writeHead(201, 'Made', { 'x-a': '1', 'x-request-id': '8' });
  response.end('done');
  capture.discard();
  expect(response.statusCode).toBe(200);
  expect({ ...response.getHeaders() }).toEqual({ 'x-request-id': '7' });
});

it('refuses an event stream at its head, and the bytes over 1 MiB', async () => {
  const stream = captureResponse(response);
  response.setHeader('content-type', 'text/event-stream');
  response.flushHeaders();
  await expect(stream.answer).rejects.toMatchObject({ code: 'RESPONSE_STREAMED' });
  const other = new ServerResponse(new IncomingMessage(new Socket()));
  const capture = captureResponse(other);
  expect(other.write('x'.repeat(1024 * 1024))).toBe(true);
  expect(other.write('x')).toBe(false);
  await expect(capture.answer).rejects.toMatchObject({ code: 'RESPONSE_INVALID' });
});
