import { type EventCatalog, silentLogger } from '@backstitch/messaging';
import type { Outbox, Relay, RelayOptions } from '@backstitch/outbox';
import { defaultSchema } from '@backstitch/postgres';
import type { SagaEngineOptions } from '../engine/engine-options.js';
import { createSagaEngine, type SagaEngine } from '../engine/saga-engine.js';
import { refuseCdc } from '../refuse-cdc.js';
import { type DatabaseSource, databaseOf } from './database-source.js';
import { migrateSagas } from './migrate-sagas.js';
import { notSentHook } from './not-sent-hook.js';
import { outboxService } from './outbox-service.js';
import { postgresSagaStore } from './postgres-saga-store.js';

export interface PostgresEngineOptions<Trx> extends Omit<SagaEngineOptions<Trx>, 'store' | 'relay'> {
  readonly database: DatabaseSource<Trx>;
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
  /** Prepares the library's statements once a connection: see `DatabaseOptions` of `@backstitch/postgres`. Default false. */
  readonly preparedStatements?: boolean;
  /** Checks the domain events that are published through `outbox`. */
  readonly catalog?: EventCatalog;
  readonly relayOptions?: Partial<Omit<RelayOptions, 'store' | 'transport' | 'logger'>>;
}

export interface PostgresEngine<Trx> extends SagaEngine<Trx> {
  /** For the service's own domain events, in local steps and anywhere else. */
  readonly outbox: Outbox<Trx>;
  readonly relay: Relay;
  /** Creates or updates the library's tables. Any number of processes may call it at once. */
  migrate(): Promise<void>;
}

/** A saga engine on Postgres with its outbox and relay: `open()` starts all of it, `close()` stops it. The pool and the transport stay the caller's. */
export function postgresEngine<Trx>(options: PostgresEngineOptions<Trx>): PostgresEngine<Trx> {
  refuseCdc(options);
  const { schema = defaultSchema, logger = silentLogger, transport, catalog, relayOptions = {} } = options;
  const database = databaseOf(options.database, { preparedStatements: options.preparedStatements ?? false });
  const service = outboxService({
    ...{ database, transport, schema, logger, catalog },
    source: `/${options.name}`,
    relay: relayOptions,
    onFailed: notSentHook({ schema }),
  });
  const { outbox, relay } = service;
  let closed = false;
  const engine = createSagaEngine({ ...options, store: postgresSagaStore({ database, schema }), relay });
  return {
    ...engine,
    outbox,
    relay,
    migrate: () => migrateSagas({ database, schema }),
    async open() {
      // First, so that what the engine commits at once is sent at once. A closed engine says itself that it is.
      if (!closed) service.start();
      await engine.open();
    },
    async close({ timeoutMs = 10_000 } = {}) {
      closed = true;
      // What the engine still commits on its way out has to be sent.
      await engine.close({ timeoutMs });
      await service.stop(timeoutMs);
    },
  };
}
