import { foundText } from '@backstitch/messaging';
import { OutboxError } from '../errors.js';

// As strict as the strictest of the three: a replication slot has lower-case letters, digits and underscores, at most 63.
const namePattern = /^[a-z][a-z0-9_]{0,55}$/;

export interface DebeziumNames {
  readonly slot: string;
  readonly publication: string;
  /** Debezium's `topic.prefix`. No event goes to a topic of it, only the heartbeat. */
  readonly prefix: string;
  /** To be created like any other topic. */
  readonly heartbeatTopic: string;
}

/** What a connector has on the server and in the broker, all from one name, which must be its own on the whole Postgres server. */
export function debeziumNames(name: string): DebeziumNames {
  if (!namePattern.test(name)) {
    throw new OutboxError('OPTIONS_INVALID', `name is ${foundText(name)}.`, {
      fields: { field: 'name', found: name },
      hint: 'Give lower-case letters, digits and underscores, a letter first, at most 56: the name of the service, for example.',
    });
  }
  const own = `${name}_outbox`;
  return { slot: own, publication: own, prefix: own, heartbeatTopic: `__debezium-heartbeat.${own}` };
}
