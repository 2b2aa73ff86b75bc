import { type CloudEvent, HTTP } from 'cloudevents';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeCommand, encodeCommand, envelopeContentType, MessagingError } from '../src/index.js';
import { someCommand } from './envelopes.js';

const wire = (): Record<string, unknown> => JSON.parse(encodeCommand(someCommand));
const decodeWith = (changes: Record<string, unknown>) => decodeCommand(JSON.stringify({ ...wire(), ...changes }));

describe('a command on the wire', () => {
  it('comes back as it was', () => {
    const { dataJson, ...fields } = someCommand;
    expect(decodeCommand(encodeCommand(someCommand))).toEqual({
      kind: 'ok',
      envelope: { ...fields, data: JSON.parse(dataJson) },
    });
  });

  it('has no item and no trace where the step has none', () => {
    const { traceparent: _, ...untraced } = someCommand;
    const plain = { ...untraced, item: null, commandId: `${someCommand.sagaId}/reserveStock/1/do`, dataJson: 'null' };
    const text = encodeCommand(plain);
    expect(JSON.parse(text)).not.toHaveProperty('sagaitem');
    const { dataJson, ...fields } = plain;
    expect(decodeCommand(text)).toEqual({ kind: 'ok', envelope: { ...fields, data: null } });
  });

  it('is a valid CloudEvent to the CloudEvents SDK, which sends it back unchanged', () => {
    const event = HTTP.toEvent({
      headers: { 'content-type': envelopeContentType },
      body: encodeCommand(someCommand),
    }) as CloudEvent<unknown>;
    expect(event.validate()).toBe(true);
    expect(event).toMatchObject({
      type: 'inventory.reserve',
      source: 'orders',
      sagaid: someCommand.sagaId,
      data: { orderId: 'o-1', qty: 2 },
    });
    const resent = HTTP.structured(event).body as string;
    expect(decodeCommand(resent)).toEqual(decodeCommand(encodeCommand(someCommand)));
  });

  it('uses only attribute names that CloudEvents allows', () => {
    for (const name of Object.keys(wire())) expect(name).toMatch(/^[a-z0-9]{1,20}$/);
  });

  it('ignores attributes that it does not know, and traces that are ill-formed', () => {
    expect(decodeWith({ partitionkey: 'x', somethingnew: 1 })).toEqual(decodeWith({}));
    const decoded = decodeWith({ traceparent: 'nonsense' });
    expect(decoded.kind === 'ok' && 'traceparent' in decoded.envelope).toBe(false);
  });

  it.each([
    ['another version of CloudEvents', { specversion: '0.3' }, /specversion/],
    ['a type that is no command', { type: 'OrderPlaced' }, /type/],
    ['a reply', { type: 'inventory.reserve.reply' }, /type/],
    ['a missing id', { id: undefined }, /id is missing/],
    ['an id that is too long', { id: 'x'.repeat(513) }, /id has 513 characters/],
    ['an empty source', { source: '' }, /source has 0 characters/],
    ['a source that is not text', { source: ['orders'] }, /source is an array/],
    ['a saga name that is too long', { saga: 'x'.repeat(129) }, /saga has 129/],
    ['a step that is no name', { sagastep: 'a/b' }, /sagastep/],
    ['an item that is negative', { sagaitem: -1 }, /sagaitem/],
    ['a round that is text', { sagaround: '1' }, /sagaround/],
    ['a round that is a fraction', { sagaround: 1.5 }, /sagaround/],
    ['an attempt beyond 32 bits', { attempt: 2 ** 31 }, /attempt/],
    ['another direction', { sagadirection: 'redo' }, /sagadirection/],
    ['a command id of another step', { commandid: `${someCommand.sagaId}/other[2]/1/do` }, /commandid/],
    ['a command id without its item', { sagaitem: undefined }, /commandid/],
    ['a time that is none', { time: 'yesterday' }, /time/],
    ['a first time that is no calendar time', { firstsentat: '2026-13-01T00:00:00Z' }, /firstsentat/],
    ['a token that is too long', { replytoken: 'x'.repeat(257) }, /replytoken/],
    ['a missing installation', { installation: undefined }, /installation/],
    ['an undo that is not quite done', { sagadone: 'yes' }, /sagadone/],
    ['a missing reply topic', { replytopic: undefined }, /replytopic/],
    ['binary data', { data: undefined, data_base64: 'AAAA' }, /binary/],
    ['data that is not JSON', { datacontenttype: 'application/xml' }, /datacontenttype/],
  ])('refuses %s', (_, changes, reason) => {
    expect(decodeWith(changes)).toEqual({ kind: 'invalid', reason: expect.stringMatching(reason) });
  });

  it.each([
    ['no value', null],
    ['an empty value', ''],
    ['what is not JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a number', '7'],
    ['a body that is too deep', encodeCommand({ ...someCommand, dataJson: '['.repeat(65) + ']'.repeat(65) })],
    [
      'a body of a hundred thousand levels',
      encodeCommand({ ...someCommand, dataJson: '['.repeat(100_000) + ']'.repeat(100_000) }),
    ],
    ['a body with a NUL', encodeCommand({ ...someCommand, dataJson: '"\\u0000"' })],
    ['a body that is too large', encodeCommand({ ...someCommand, dataJson: JSON.stringify('x'.repeat(1_100_000)) })],
  ])('refuses %s', (_, text) => {
    expect(decodeCommand(text)).toEqual({ kind: 'invalid', reason: expect.any(String) });
  });

  it('never throws while it is decoded, whatever the text or its attributes', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .dictionary(fc.constantFrom(...Object.keys(wire())), fc.jsonValue())
        .map((changes) => JSON.stringify({ ...wire(), ...changes })),
    );
    fc.assert(
      fc.property(anything, (text) => {
        expect(['ok', 'invalid']).toContain(decodeCommand(text).kind);
      }),
    );
  });

  it('takes a body as deep as a payload may be', () => {
    expect(decodeCommand(encodeCommand({ ...someCommand, dataJson: '['.repeat(64) + ']'.repeat(64) })).kind).toBe('ok');
  });

  it('is not sent where the other side would refuse it', () => {
    const send = () => encodeCommand({ ...someCommand, replyTopic: '' });
    expect(send).toThrow(MessagingError);
    expect(send).toThrow(expect.objectContaining({ code: 'ENVELOPE_INVALID', hint: expect.any(String) }));
  });
});
