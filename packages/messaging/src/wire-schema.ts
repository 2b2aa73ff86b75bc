import { envelopeLimits } from './envelope.js';

const name = '[A-Za-z][A-Za-z0-9_-]*';
const text = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });
const optionalText = (maxLength: number) => ({ type: ['string', 'null'], minLength: 1, maxLength });
const integer = { type: 'integer', minimum: 0, maximum: 2_147_483_647 };
const timestamp = {
  ...text(40),
  pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,9})?(Z|[+-]\\d\\d:\\d\\d)$',
};

const sharedProperties = {
  specversion: { const: '1.0' },
  datacontenttype: { enum: ['application/json', null] },
  id: text(envelopeLimits.id),
  source: text(envelopeLimits.name),
  time: timestamp,
  saga: text(envelopeLimits.name),
  sagaid: text(envelopeLimits.id),
  sagastep: { ...text(envelopeLimits.name), pattern: `^${name}$` },
  sagaitem: { ...integer, type: ['integer', 'null'] },
  sagaround: integer,
  sagadirection: { enum: ['do', 'undo'] },
  commandid: {
    ...text(envelopeLimits.id),
    description:
      'sagaid/sagastep/sagaround/sagadirection, with an item sagaid/sagastep[sagaitem]/sagaround/sagadirection',
  },
  attempt: integer,
  replytoken: text(envelopeLimits.token),
  installation: text(envelopeLimits.name),
  traceparent: { description: 'W3C trace context. Ignored where ill-formed.' },
  data: { description: 'At most 1 MiB of UTF-8 and 64 levels, without U+0000, lone surrogates and keys "__proto__".' },
  data_base64: false,
} as const;

const sharedRequired = [
  'specversion',
  'id',
  'source',
  'type',
  'time',
  'saga',
  'sagaid',
  'sagastep',
  'sagaround',
  'sagadirection',
  'commandid',
  'attempt',
  'replytoken',
  'installation',
] as const;

/**
 * A command on the wire as JSON Schema (draft 2020-12), for participants in other languages. `decodeCommand` asks for two things that
 * a schema cannot say: `commandid` is made of its parts, and times exist in the calendar.
 */
export const commandWireSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Backstitch command',
  type: 'object',
  required: [...sharedRequired, 'firstsentat', 'replytopic'],
  properties: {
    ...sharedProperties,
    type: { ...text(envelopeLimits.name), pattern: `^${name}\\.${name}$`, description: '<participant>.<command>' },
    firstsentat: timestamp,
    replytopic: text(envelopeLimits.topic),
    sagadone: { enum: [true, null], description: 'Of an undo: the do is known to have taken effect.' },
  },
} as const;

/** A reply on the wire, likewise. What a participant in another language has to produce. */
export const replyWireSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Backstitch reply',
  type: 'object',
  required: [...sharedRequired, 'outcome'],
  properties: {
    ...sharedProperties,
    type: {
      ...text(envelopeLimits.name + '.reply'.length),
      pattern: `^${name}\\.${name}\\.reply$`,
      description: '<participant>.<command>.reply',
    },
    outcome: { enum: ['succeeded', 'declined', 'failed', 'accepted'] },
    outcomecode: optionalText(envelopeLimits.name),
    outcomemessage: optionalText(envelopeLimits.message),
  },
  if: { properties: { outcome: { enum: ['succeeded', 'accepted'] } } },
  // biome-ignore lint/suspicious/noThenProperty: it is a keyword of JSON Schema; nobody awaits a schema.
  then: { properties: { outcomecode: { type: 'null' } } },
  else: { required: ['outcomecode'], properties: { outcomecode: { type: 'string' } } },
} as const;
