import { createOutbox, type Outbox } from '@backstitch/outbox';
import { postgresDatabase } from '@backstitch/postgres';
import type { Knex } from 'knex';
import { eventTopics, orderFlowEvents, type OrderFlowEvent } from './event-catalog.js';

export interface EventToPublish {
  readonly type: OrderFlowEvent;
  readonly aggregateType: string;
  readonly aggregateId: string;
  readonly payload: object;
}

/** Publishes in the caller's transaction: the event exists if and only if that commits. */
export interface EventPublisher {
  /** Throws `EVENT_INVALID` with every violation, before anything is written. */
  publish(trx: Knex.Transaction, event: EventToPublish): Promise<void>;
}

/**
 * The outbox with the catalog in front of it. It is made before the engine and its relay, because the saga's steps need it to be
 * defined: so the relay finds events by polling, and only commands and replies go out from memory.
 */
export function createEventPublisher(knex: Knex, source: string): EventPublisher {
  const database = postgresDatabase<Knex.Transaction>(knex, { preparedStatements: true });
  return eventPublisher(createOutbox({ database, catalog: orderFlowEvents, source }));
}

/** Over any outbox: the database behind it makes no difference. */
export function eventPublisher(outbox: Outbox<Knex.Transaction, OrderFlowEvent>): EventPublisher {
  return {
    async publish(trx, event) {
      await outbox.publish(trx, { ...event, topic: eventTopics[event.type] });
    },
  };
}
