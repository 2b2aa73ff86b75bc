import { describe, expect, it } from 'vitest';
import { debeziumConnectorConfig, debeziumNames, debeziumSetupSql } from '../../src/index.js';

const database = { host: 'db', name: 'shop', user: 'debezium', password: 'secret' };

describe('the configuration for Debezium', () => {
  it('reads inserts of the one table, and sends their payload as it stands', () => {
    expect(debeziumConnectorConfig({ name: 'shop', database, schema: 'messages' })).toMatchObject({
      'plugin.name': 'pgoutput',
      'slot.name': 'shop_outbox',
      'publication.name': 'shop_outbox',
      'publication.autocreate.mode': 'disabled',
      'table.include.list': 'messages.outbox_events',
      'snapshot.mode': 'no_data',
      'skipped.operations': 'u,d,t',
      'tombstones.on.delete': 'false',
      'heartbeat.interval.ms': '10000',
      'database.port': '5432',
      'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
      'transforms.outbox.table.expand.json.payload': 'false',
      'transforms.outbox.table.fields.additional.placement':
        'event_specversion:header:ce_specversion,id:header:ce_id,event_type:header:ce_type,event_source:header:ce_source,event_time:header:ce_time,aggregate_id:header:ce_subject,event_version:header:version',
    });
  });

  it('holds texts only, as Kafka Connect wants them', () => {
    const values = Object.values(debeziumConnectorConfig({ name: 'shop', database }));
    expect(values.filter((value) => typeof value !== 'string' || value === '')).toEqual([]);
  });

  it('goes with a publication of the same name, of inserted SENT rows only', () => {
    expect(debeziumSetupSql({ name: 'shop', user: 'debezium' })).toBe(
      `create publication "shop_outbox" for table "backstitch".outbox_events where (status = 'SENT') with (publish = 'insert');
grant usage on schema "backstitch" to "debezium";
grant select on "backstitch".outbox_events to "debezium";
`,
    );
    expect(debeziumNames('shop').heartbeatTopic).toBe('__debezium-heartbeat.shop_outbox');
  });

  it.each(['', 'Shop', 'a-b', '1a', 'a'.repeat(57), "a'b"])('refuses the name %j', (name) => {
    const refusal = expect.objectContaining({ code: 'OPTIONS_INVALID', fields: { field: 'name', found: name } });
    expect(() => debeziumConnectorConfig({ name, database })).toThrowError(refusal);
    expect(() => debeziumSetupSql({ name, user: 'debezium' })).toThrowError(refusal);
  });

  it('refuses a heartbeat and a port that are no positive numbers, and a schema that is none', () => {
    const refused = (field: string) =>
      expect.objectContaining({ code: 'OPTIONS_INVALID', fields: { field, found: 0 } });
    expect(() => debeziumConnectorConfig({ name: 'a', database, heartbeatIntervalMs: 0 })).toThrowError(
      refused('heartbeatIntervalMs'),
    );
    expect(() => debeziumConnectorConfig({ name: 'a', database: { ...database, port: 0 } })).toThrowError(
      refused('database.port'),
    );
    expect(() => debeziumConnectorConfig({ name: 'a', database, schema: 'A b' })).toThrowError(
      expect.objectContaining({ code: 'IDENTIFIER_INVALID' }),
    );
  });
});
