import type { EventCatalog, Logger, Transport } from '@backstitch/messaging';
import {
  createOutbox,
  createPruner,
  createRelay,
  type FailedRow,
  type Outbox,
  postgresOutboxStore,
  type Relay,
  type RelayOptions,
} from '@backstitch/outbox';
import type { Database, Sql } from '@backstitch/postgres';

export interface OutboxServiceOptions<Trx> {
  readonly database: Database<Trx>;
  readonly transport: Transport;
  readonly schema: string;
  readonly logger: Logger;
  readonly catalog: EventCatalog | undefined;
  /** CloudEvents `source` of what is published. */
  readonly source: string;
  readonly relay: Partial<Omit<RelayOptions, 'store' | 'transport' | 'logger'>>;
  readonly onFailed?: (sql: Sql, rows: readonly FailedRow[]) => Promise<void>;
}

/** The outbox that a saga service needs: one table for its commands or replies and its own events, a relay, and the pruning of what was sent. */
export interface OutboxService<Trx> {
  readonly outbox: Outbox<Trx>;
  readonly relay: Relay;
  start(): void;
  stop(timeoutMs: number): Promise<void>;
}

export function outboxService<Trx>(options: OutboxServiceOptions<Trx>): OutboxService<Trx> {
  const { database, transport, schema, logger, catalog, source, onFailed } = options;
  const store = postgresOutboxStore({ database, schema, ...(onFailed === undefined ? {} : { onFailed }) });
  const relay = createRelay({ ...options.relay, store, transport, logger });
  const pruner = createPruner({ store, logger });
  return {
    outbox: createOutbox({ database, schema, relay, source, ...(catalog === undefined ? {} : { catalog }) }),
    relay,
    start() {
      relay.start();
      pruner.start();
    },
    async stop(timeoutMs) {
      await Promise.all([relay.stop({ timeoutMs }), pruner.stop()]);
    },
  };
}
