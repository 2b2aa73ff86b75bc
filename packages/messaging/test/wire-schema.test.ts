import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  commandWireSchema,
  decodeCommand,
  decodeReply,
  encodeCommand,
  encodeReply,
  jsonSchema,
  replyWireSchema,
  validate,
} from '../src/index.js';
import { someCommand, someReply } from './envelopes.js';

const { code: _code, message: _message, ...withoutCode } = someReply;
const messages = [
  { name: 'command', schema: jsonSchema(commandWireSchema), decode: decodeCommand, text: encodeCommand(someCommand) },
  { name: 'reply', schema: jsonSchema(replyWireSchema), decode: decodeReply, text: encodeReply(someReply) },
  {
    name: 'successful reply',
    schema: jsonSchema(replyWireSchema),
    decode: decodeReply,
    text: encodeReply({ ...withoutCode, outcome: 'succeeded' }),
  },
  {
    name: 'reply that only accepts',
    schema: jsonSchema(replyWireSchema),
    decode: decodeReply,
    text: encodeReply({ ...withoutCode, outcome: 'accepted' }),
  },
];

/** What only the decoder can check: the command id and the parts that it must match, and calendar times. */
const beyondSchema = [
  'commandid',
  'sagaid',
  'sagastep',
  'sagaitem',
  'sagaround',
  'sagadirection',
  'time',
  'firstsentat',
  'sagadone',
];

const attributes = [
  ...Object.keys(replyWireSchema.properties),
  ...Object.keys(commandWireSchema.properties).filter((name) => !(name in replyWireSchema.properties)),
];
const strange = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    '',
    0,
    -1,
    1.5,
    2 ** 31,
    true,
    [],
    {},
    '1.0',
    'do',
    'declined',
    'failed',
    'succeeded',
    'accepted',
  ),
  fc.constantFrom(
    'inventory.reserve',
    'inventory.reserve.reply',
    'a.b.c',
    '2026-01-02T03:04:05Z',
    'x'.repeat(130),
    'x'.repeat(600),
  ),
  fc.stringMatching(/^[ -~]{0,20}$/),
  fc.nat(),
);

describe.each(messages)('the wire schema of a $name', ({ schema, decode, text }) => {
  it('takes what is encoded', () => {
    expect(validate(schema, JSON.parse(text))).toMatchObject({ kind: 'valid' });
  });

  it('takes and refuses what the decoder takes and refuses, whichever attribute is changed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...attributes), strange, (name, value) => {
        const changed: unknown = JSON.parse(JSON.stringify({ ...JSON.parse(text), [name]: value }));
        const taken = decode(JSON.stringify(changed)).kind === 'ok';
        const valid = validate(schema, changed).kind === 'valid';
        if (beyondSchema.includes(name)) expect(valid || !taken).toBe(true);
        else expect(valid).toBe(taken);
      }),
      { numRuns: 2_000 },
    );
  });
});
