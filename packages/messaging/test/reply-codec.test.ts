import { type CloudEvent, HTTP } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { decodeCommand, decodeReply, encodeCommand, encodeReply, envelopeContentType } from '../src/index.js';
import { someCommand, someReply } from './envelopes.js';

const { code: _code, message: _message, ...succeeded } = { ...someReply, outcome: 'succeeded' as const };
const decodeWith = (changes: Record<string, unknown>) =>
  decodeReply(JSON.stringify({ ...JSON.parse(encodeReply(someReply)), ...changes }));

describe('a reply on the wire', () => {
  it.each([
    someReply,
    succeeded,
    { ...succeeded, outcome: 'accepted' as const, dataJson: 'null' },
    { ...someReply, outcome: 'failed' as const, code: '40001' },
  ])('comes back as it was: $outcome', (reply) => {
    const { dataJson, ...fields } = reply;
    expect(decodeReply(encodeReply(reply))).toEqual({
      kind: 'ok',
      envelope: { ...fields, data: JSON.parse(dataJson) },
    });
  });

  it('is a valid CloudEvent to the CloudEvents SDK, which sends it back unchanged', () => {
    const event = HTTP.toEvent({
      headers: { 'content-type': envelopeContentType },
      body: encodeReply(someReply),
    }) as CloudEvent<unknown>;
    expect(event.validate()).toBe(true);
    expect(event.type).toBe('inventory.reserve.reply');
    expect(decodeReply(HTTP.structured(event).body as string)).toEqual(decodeReply(encodeReply(someReply)));
  });

  it('is never taken for a command, nor a command for a reply', () => {
    expect(decodeCommand(encodeReply(someReply)).kind).toBe('invalid');
    expect(decodeReply(encodeCommand(someCommand)).kind).toBe('invalid');
  });

  it.each([
    ['another outcome', { outcome: 'maybe' }, /outcome is none of/],
    ['a code beside success', { outcome: 'succeeded' }, /outcomecode/],
    ['a code beside acceptance', { outcome: 'accepted' }, /outcomecode stands beside accepted/],
    ['a refusal without a code', { outcomecode: undefined }, /outcomecode is missing/],
    ['a code that is too long', { outcomecode: 'x'.repeat(129) }, /outcomecode/],
    ['a message that is too long', { outcomemessage: 'x'.repeat(2_001) }, /outcomemessage/],
    ['a message that is not text', { outcomemessage: {} }, /outcomemessage/],
    ['a missing token', { replytoken: undefined }, /replytoken/],
  ])('refuses %s', (_, changes, reason) => {
    expect(decodeWith(changes)).toEqual({ kind: 'invalid', reason: expect.stringMatching(reason) });
  });

  it.each([
    ['longer than allowed', 'x'.repeat(5_000), 'x'.repeat(2_000)],
    ['cut within a pair of surrogates', `${'x'.repeat(1_999)}😀`, `${'x'.repeat(1_999)}\ufffd`],
    ['with a NUL and a lone surrogate', 'a\0b\ud800c', 'a\ufffdb\ufffdc'],
  ])('mends an error message %s instead of failing', (_, message, mended) => {
    const decoded = decodeReply(encodeReply({ ...someReply, message }));
    expect(decoded.kind === 'ok' && decoded.envelope.message).toBe(mended);
  });

  it('leaves out an empty message', () => {
    const decoded = decodeReply(encodeReply({ ...someReply, message: '' }));
    expect(decoded.kind === 'ok' && 'message' in decoded.envelope).toBe(false);
  });
});
