import type { EventCatalog } from '@backstitch/messaging';
import type { Database } from '@backstitch/postgres';
import { refuseCdcMessage } from './cdc/refuse-cdc-message.js';
import { refuseCdcElsewhere, refuseCdcOptions } from './cdc/refuse-cdc-options.js';
import { eventRow } from './event-row.js';
import type { HintSender } from './hints/hint-sender.js';
import type { Ordering, OutboxMessage } from './outbox-message.js';
import type { ClaimedRow } from './outbox-row.js';
import type { OutboxTable } from './outbox-table.js';
import { postgresCdcTable } from './postgres/postgres-cdc-table.js';
import { postgresOutboxTable } from './postgres/postgres-outbox-table.js';
import type { Relay } from './relay.js';
import { requirePositive } from './require-positive.js';
import { uuidV7 } from './uuid-v7.js';

export interface OutboxOptions<Trx, Type extends string = string> {
  /** `postgresDatabase(knex)` or `postgresDatabase(pool)`. */
  readonly database: Database<Trx>;
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
  /** Checks each payload before anything is written. */
  readonly catalog?: EventCatalog<Type>;
  /** CloudEvents `source`: who publishes. Default `/<aggregateType>`. */
  readonly source?: string;
  /** Whether messages that do not say so keep their place in their lane. Default `key`. */
  readonly ordering?: Ordering;
  /** Further sends after a refusal by the broker, of messages that do not say so. Default 3. */
  readonly maxRetries?: number;
  /**
   * Asked at each `publish` for the headers of the current trace: `{ traceparent }`, perhaps with `tracestate` and `baggage`. With
   * OpenTelemetry: `() => { const carrier = {}; propagation.inject(context.active(), carrier); return carrier; }`. A message's own win.
   */
  readonly traceContext?: () => Readonly<Record<string, string>> | undefined;
  /**
   * A started relay of this process: messages go out at once. Without it they wait for the poll of some relay.
   *
   * `'cdc'`: no relay sends them, a change-data-capture connector does (`debeziumConnectorConfig`). Their rows are inserted as SENT. What a
   * connector cannot do is refused: free headers, `deliverAfter`, `maxRetries` with CDC_UNSUPPORTED, options of relays with OPTIONS_INVALID.
   */
  readonly relay?: Relay | 'cdc';
  /** Tells relays of other processes after each commit: `createHintSender`. Without it they find the messages when they poll. */
  readonly hints?: Pick<HintSender, 'send'>;
  /** How long a message of `transaction` is this process's to send, in milliseconds. Default 5000. */
  readonly bornLeaseMs?: number;
  /** When events happen that do not say so. Default the machine's clock. */
  readonly now?: () => Date;
  /** Milliseconds that never go back: the same as the relay's. Default `performance.now()`. */
  readonly monotonicNowMs?: () => number;
}

/** The same on any database: its transactions, and the outbox's table in them. */
export interface OutboxOverOptions<Trx, Tx, Type extends string = string>
  extends Omit<OutboxOptions<Trx, Type>, 'database' | 'schema' | 'monotonicNowMs' | 'relay'> {
  /** As `Database` of `@backstitch/postgres` has them. `Trx` is what the user has in hand, `Tx` what the table takes. */
  readonly database: {
    transaction<T>(work: (trx: Trx, tx: Tx) => Promise<T>): Promise<T>;
    within(trx: Trx): Tx;
  };
  readonly table: OutboxTable<Tx>;
  readonly relay?: Relay;
  /** Throws for a message that this table cannot deliver. */
  readonly refuse?: (message: OutboxMessage) => void;
}

export interface PublishOptions {
  /**
   * Transactions that publish to the same lane wait for each other, so that its order is that of their commits. Without it two
   * transactions that run at the same time have no order between them.
   */
  readonly lockKey?: boolean;
}

export interface Published {
  /** One a message, in the order given: the outbox row's id and the event's `ce_id`. */
  readonly ids: readonly string[];
}

export type Publish<Type extends string = string> = (
  message: OutboxMessage<Type> | readonly OutboxMessage<Type>[],
  options?: PublishOptions,
) => Promise<Published>;

export interface Outbox<Trx, Type extends string = string> {
  /**
   * Publishes in the caller's transaction: with its commit the messages are there to be sent, with its rollback they never were.
   *
   * @throws PostgresError NOT_A_TRANSACTION for a plain knex or a pool, TRANSACTION_ENDED.
   * @throws OutboxError or MessagingError as `EVENT_INVALID`, `PAYLOAD_TOO_LARGE` and so on, before anything is written.
   */
  publish(
    trx: Trx,
    message: OutboxMessage<Type> | readonly OutboxMessage<Type>[],
    options?: PublishOptions,
  ): Promise<Published>;
  /**
   * A transaction of the library's own. Because it sees the commit succeed, the relay sends what was published straight from memory, without
   * reading the table.
   */
  transaction<T>(work: (trx: Trx, publish: Publish<Type>) => Promise<T>): Promise<T>;
}

export function createOutbox<Trx, Type extends string = string>(options: OutboxOptions<Trx, Type>): Outbox<Trx, Type> {
  const { schema = 'backstitch', monotonicNowMs, relay, ...others } = options;
  const table = postgresOutboxTable({ schema, ...(monotonicNowMs === undefined ? {} : { monotonicNowMs }) });
  if (relay !== 'cdc') return createOutboxOver({ ...others, table, ...(relay === undefined ? {} : { relay }) });
  refuseCdcOptions(options);
  return createOutboxOver({ ...others, table: postgresCdcTable(table, schema), refuse: refuseCdcMessage });
}

/** For the packages that bring the outbox to another database. */
export function createOutboxOver<Trx, Tx, Type extends string = string>(
  options: OutboxOverOptions<Trx, Tx, Type>,
): Outbox<Trx, Type> {
  const { database, table, catalog, source, relay, ordering, maxRetries, refuse, now = () => new Date() } = options;
  refuseCdcElsewhere(relay);
  const bornLeaseMs = requirePositive('bornLeaseMs', options.bornLeaseMs ?? 5_000);

  const insert = async (sql: Tx, given: Parameters<Publish<Type>>, lease: { readonly bornLeaseMs?: number }) => {
    const [message, { lockKey = false } = {}] = given;
    const time = now().toISOString();
    const messages: readonly OutboxMessage<Type>[] = Array.isArray(message)
      ? message
      : [message as OutboxMessage<Type>];
    if (refuse !== undefined) messages.forEach(refuse);
    const shared = { time, catalog, source, ordering, maxRetries, traceContext: options.traceContext?.() };
    const rows = messages.map((one) => eventRow(one, { id: uuidV7(), ...shared }));
    if (lockKey && rows.length > 0) await table.lockLanes(sql, rows);
    return { ids: rows.map((row) => row.id), born: await table.insert(sql, rows, lease) };
  };

  return {
    async publish(trx, ...given) {
      const { ids } = await insert(database.within(trx), given, {});
      hintAtEnd(trx, () => {
        relay?.hint(ids);
        options.hints?.send();
      });
      return { ids };
    },
    async transaction(work) {
      const published: ClaimedRow[] = [];
      const { value, committed } = await database.transaction(async (trx, sql) => {
        const lease = relay === undefined ? {} : { bornLeaseMs };
        const result = await work(trx, async (...given) => {
          const { ids, born } = await insert(sql, given, lease);
          published.push(...born);
          return { ids };
        });
        // A savepoint of the caller's may have been rolled back, and its rows with it: those must not be sent from memory.
        const kept = new Set(
          await table.unsent(
            sql,
            published.map((row) => row.id),
          ),
        );
        return { value: result, committed: published.filter((row) => kept.has(row.id)) };
      });
      relay?.publish(committed);
      if (relay === undefined) options.hints?.send();
      return value;
    },
  };
}

/**
 * knex tells when a transaction has ended, but not how: its promise resolves after a rollback too, and where an aborted transaction was
 * "committed". So it is a hint to look, never a reason to send. pg tells nothing; the poll finds those rows.
 */
function hintAtEnd(trx: unknown, hint: () => void): void {
  const ended = (trx as { readonly executionPromise?: unknown }).executionPromise;
  if (ended instanceof Promise) ended.then(hint, () => undefined);
}
