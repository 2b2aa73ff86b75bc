import { validate } from '@backstitch/messaging';
import { OutboxError } from './errors.js';
import type { OutboxMessage } from './outbox-message.js';

/** Any Standard Schema v1: zod, valibot, arktype, or `jsonSchema` of `@backstitch/messaging`. */
type Schema = Parameters<typeof validate>[0];
type InputOf<S extends Schema> = NonNullable<S['~standard']['types']>['input'];

export interface EventDefinition<Type extends string, S extends Schema> {
  readonly type: Type;
  readonly topic: string;
  /** `order`. */
  readonly aggregateType: string;
  /** Of the payload's shape: raised by a change that old consumers do not understand. */
  readonly version: number;
  readonly schema: S;
}

/** What one event adds to its definition. */
export type EventGiven<Payload> = Omit<OutboxMessage, 'type' | 'topic' | 'aggregateType' | 'version' | 'payload'> & {
  readonly payload: Payload;
};

/**
 * An event by contract: the compiler checks the payload where it is written, the schema checks it where it is published.
 *
 *     const orderPlaced = defineEvent({ type: 'OrderPlaced', topic: 'orders', aggregateType: 'order', version: 1, schema: z.object({ … }) });
 *     await outbox.publish(trx, orderPlaced({ aggregateId: id, payload: { total } }));
 *
 * What is sent is what the schema makes of the payload (defaults, transforms).
 *
 * @throws OutboxError EVENT_INVALID with every violation, by the function that is answered.
 * @throws MessagingError SCHEMA_ASYNC where the schema answers a promise.
 */
export function defineEvent<const Type extends string, S extends Schema>(
  definition: EventDefinition<Type, S>,
): (given: EventGiven<InputOf<S>>) => OutboxMessage<Type> {
  const { schema, ...fixed } = definition;
  return ({ payload, ...given }) => {
    const checked = validate(schema, payload);
    if (checked.kind === 'valid') return { ...given, ...fixed, payload: checked.value };
    const [first] = checked.violations;
    throw new OutboxError(
      'EVENT_INVALID',
      `The payload of ${definition.type} breaks its schema: ${first?.path || '/'} ${first?.message}.`,
      {
        fields: { type: definition.type, errors: checked.violations },
        hint: 'Mend the payload, or raise the version together with the schema.',
      },
    );
  };
}
