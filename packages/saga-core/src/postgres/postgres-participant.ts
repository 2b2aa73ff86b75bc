import { type EventCatalog, silentLogger } from '@backstitch/messaging';
import type { Outbox, Relay, RelayOptions } from '@backstitch/outbox';
import { defaultSchema } from '@backstitch/postgres';
import { type Answers, type AnswersOptions, createAnswers } from '../participant/answers.js';
import {
  createParticipantRunner,
  type ParticipantRunner,
  type ParticipantRunnerOptions,
} from '../participant/participant-runner.js';
import { refuseCdc } from '../refuse-cdc.js';
import { type DatabaseSource, databaseOf } from './database-source.js';
import { migrateParticipant } from './migrate-participant.js';
import { outboxService } from './outbox-service.js';
import { postgresFenceStore } from './postgres-fence-store.js';

export interface PostgresParticipantOptions<Trx>
  extends Omit<ParticipantRunnerOptions<Trx>, 'store' | 'relay'>,
    Pick<AnswersOptions<Trx>, 'heartbeatEveryMs'> {
  readonly database: DatabaseSource<Trx>;
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
  /** Prepares the library's statements once a connection: see `DatabaseOptions` of `@backstitch/postgres`. Default false. */
  readonly preparedStatements?: boolean;
  /** Checks the domain events that are published through `outbox`. */
  readonly catalog?: EventCatalog;
  readonly relayOptions?: Partial<Omit<RelayOptions, 'store' | 'transport' | 'logger'>>;
}

export interface PostgresParticipant<Trx> extends ParticipantRunner, Answers<Trx> {
  /** For the service's own domain events, in handlers and anywhere else. */
  readonly outbox: Outbox<Trx>;
  readonly relay: Relay;
  /** Creates or updates the library's tables. Any number of processes may call it at once. */
  migrate(): Promise<void>;
}

/** A participant on Postgres with its fence, outbox and relay: `open()` starts all of it, `close()` stops it. The pool and the transport stay the caller's. */
export function postgresParticipant<Trx>(options: PostgresParticipantOptions<Trx>): PostgresParticipant<Trx> {
  refuseCdc(options);
  const { schema = defaultSchema, logger = silentLogger, transport, catalog, relayOptions = {}, participant } = options;
  const database = databaseOf(options.database, { preparedStatements: options.preparedStatements ?? false });
  const service = outboxService({
    ...{ database, transport, schema, logger, catalog },
    source: `/${participant.name}`,
    relay: relayOptions,
  });
  const { outbox, relay } = service;
  let closed = false;
  const store = postgresFenceStore({ database, schema });
  const runner = createParticipantRunner({ ...options, store, relay });
  const { heartbeatEveryMs } = options;
  return {
    ...runner,
    ...createAnswers({ store, relay, ...(heartbeatEveryMs === undefined ? {} : { heartbeatEveryMs }) }),
    outbox,
    relay,
    migrate: () => migrateParticipant({ database, schema }),
    async open() {
      if (!closed) service.start();
      await runner.open();
    },
    async close({ timeoutMs = 10_000 } = {}) {
      closed = true;
      await runner.close({ timeoutMs });
      await service.stop(timeoutMs);
    },
  };
}
