import { validateSchemaName } from '@backstitch/postgres';
import { requirePositive } from '../require-positive.js';
import { debeziumNames } from './debezium-names.js';

export interface DebeziumConnectorOptions {
  /** Its own on the whole Postgres server: slot, publication and heartbeat topic are named after it. */
  readonly name: string;
  readonly database: {
    readonly host: string;
    readonly port?: number;
    readonly name: string;
    readonly user: string;
    /** The password, or what the worker resolves: `${file:/secrets/debezium.properties:password}`. */
    readonly password: string;
  };
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
  /**
   * How often the connector confirms its place while none of its rows come, in milliseconds. Default 10,000. Without it the slot keeps
   * all the log that other tables write.
   */
  readonly heartbeatIntervalMs?: number;
}

/**
 * Properties of the Kafka Connect connector that publishes what `createOutbox({ relay: 'cdc' })` writes: Debezium for Postgres with its outbox
 * event router. Topic, key and value come out byte for byte as a relay sends them, the headers with the same names and texts.
 *
 * Post it as `{ name, config }` to Kafka Connect. Add what is yours (`database.sslmode`) to the object; `debeziumSetupSql` has the other half.
 *
 * @throws OutboxError OPTIONS_INVALID, PostgresError IDENTIFIER_INVALID.
 */
export function debeziumConnectorConfig(options: DebeziumConnectorOptions): Readonly<Record<string, string>> {
  const { database, heartbeatIntervalMs = 10_000 } = options;
  const schema = validateSchemaName(options.schema ?? 'backstitch');
  const { slot, publication, prefix } = debeziumNames(options.name);
  return {
    'connector.class': 'io.debezium.connector.postgresql.PostgresConnector',
    'tasks.max': '1',
    'database.hostname': database.host,
    'database.port': String(requirePositive('database.port', database.port ?? 5432)),
    'database.dbname': database.name,
    'database.user': database.user,
    'database.password': database.password,
    'topic.prefix': prefix,
    'plugin.name': 'pgoutput',
    'slot.name': slot,
    'publication.name': publication,
    // Debezium would publish updates and deletes too, and rows of a relay.
    'publication.autocreate.mode': 'disabled',
    'table.include.list': `${schema}.outbox_events`,
    // What a relay has sent would go out a second time.
    'snapshot.mode': 'no_data',
    'skipped.operations': 'u,d,t',
    'tombstones.on.delete': 'false',
    // Headers of Debezium's own, in each record.
    'extended.headers.enabled': 'false',
    // Postgres sends nothing of transactions without rows for the connector, so the heartbeat alone knows no newer place to confirm.
    'lsn.flush.mode': 'connector_and_driver',
    'heartbeat.interval.ms': String(requirePositive('heartbeatIntervalMs', heartbeatIntervalMs)),
    // Text as it stands: a JSON converter would wrap it in quotation marks and a schema.
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'header.converter': 'org.apache.kafka.connect.storage.StringConverter',
    ...transforms,
  };
}

const headersOfColumns = {
  event_specversion: 'ce_specversion',
  id: 'ce_id',
  event_type: 'ce_type',
  event_source: 'ce_source',
  event_time: 'ce_time',
  aggregate_id: 'ce_subject',
  event_version: 'version',
};

const transforms = {
  transforms: 'outbox,contentType,own',
  'transforms.outbox.type': 'io.debezium.transforms.outbox.EventRouter',
  'transforms.outbox.route.by.field': 'topic',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the router's own placeholder.
  'transforms.outbox.route.topic.replacement': '${routedByValue}',
  'transforms.outbox.table.field.event.id': 'id',
  'transforms.outbox.table.field.event.key': 'key',
  'transforms.outbox.table.field.event.type': 'event_type',
  'transforms.outbox.table.field.event.payload': 'payload',
  // Expanded, the payload would be written anew: other blanks, other numbers, other bytes.
  'transforms.outbox.table.expand.json.payload': 'false',
  'transforms.outbox.table.fields.additional.placement': Object.entries(headersOfColumns)
    .map(([column, header]) => `${column}:header:${header}`)
    .join(','),
  // The same for all, so no column. A number could not be given so: the transformation guesses types, and 1.0 becomes the text 1.
  'transforms.contentType.type': 'org.apache.kafka.connect.transforms.InsertHeader',
  'transforms.contentType.header': 'content-type',
  'transforms.contentType.value.literal': 'application/json',
  // The router's own header, beside `ce_id`.
  'transforms.own.type': 'org.apache.kafka.connect.transforms.DropHeaders',
  'transforms.own.headers': 'id',
};
