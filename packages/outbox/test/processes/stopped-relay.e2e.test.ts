import { describeWithKafka, kafkaBrokers } from '@backstitch/devkit/testing';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { createRelay, postgresOutboxStore, postgresOutboxTable } from '../../src/index.js';
import { newRow } from '../../src/testing/conformance/new-row.js';
import { type OutboxDatabase, outboxDatabase } from '../postgres/outbox-database.js';
import { type Child, startChild } from './child.js';
import { firstDeliveries, openTopicReader, type TopicReader } from './topic-reader.js';

describeWithKafka('a relay process that is stopped by SIGSTOP beyond its leases', () => {
  let db: OutboxDatabase;
  let reader: TopicReader;
  const children: Child[] = [];
  beforeAll(async () => {
    db = await outboxDatabase();
    reader = await openTopicReader(kafkaBrokers() ?? []);
  });
  afterEach(() => Promise.all(children.map((child) => child.kill())));
  afterAll(async () => {
    await reader.close();
    await db.end();
  });

  it('loses its rows to another relay, and when it goes on it changes no row and the order stands', async () => {
    const total = 3_000;
    const rows = Array.from({ length: total }, (_, index) =>
      newRow({
        topic: reader.topic,
        key: `key-${index % 5}`,
        payload: JSON.stringify({ key: `key-${index % 5}`, n: index }),
      }),
    );
    await db.database.transaction((_trx, sql) => postgresOutboxTable().insert(sql, rows));
    const options = { batchSize: 20, leaseMs: 1_500, pollIntervalMs: 20 };
    const child = startChild('relay-process.mjs', {
      DATABASE_URL: db.url,
      KAFKA_BROKERS: (kafkaBrokers() ?? []).join(','),
      RELAY_OPTIONS: JSON.stringify(options),
      // A machine with nothing else to do would be done before the signal arrives.
      SEND_TAKES_MS: '100',
    });
    children.push(child);
    await child.said('delivered');
    child.signal('SIGSTOP');
    const store = postgresOutboxStore({ database: db.database });
    const held = `select count(*)::integer as n from backstitch.outbox_events where claimed_until is not null`;
    const heldByStopped = (await db.database.sql.query<{ n: number }>(held)).rows[0]?.n;

    let finish = (): void => undefined;
    const settled = new Promise<void>((resolve) => (finish = resolve));
    const relay = createRelay({
      ...{ store, transport: reader.transport, ...options, batchSize: 500 },
      onDelivered: () => void store.counts().then(({ pending }) => pending === 0 && finish()),
    });
    relay.start();
    await settled;
    const marks = 'select id, status, sent_at, claim_epoch from backstitch.outbox_events order by seq';
    const before = (await db.database.sql.query(marks)).rows;
    const delivered = child.count('delivered');
    child.signal('SIGCONT');
    // It is alive again: it takes and sends a row that comes now, alone.
    await relay.stop();
    await db.database.transaction((_trx, sql) =>
      postgresOutboxTable().insert(sql, [
        newRow({ topic: reader.topic, key: 'last', payload: '{"key":"last","n":0}' }),
      ]),
    );
    await reader.until((read) => read.some(({ key }) => key === 'last'));

    const after = (await db.database.sql.query(marks)).rows.slice(0, total);
    expect(after).toEqual(before);
    const { byKey } = firstDeliveries(reader.read);
    for (const [key, seen] of byKey) expect(seen, key).toEqual([...seen].sort((one, other) => one - other));
    expect([...byKey.values()].flat().length).toBe(total + 1);
    // Otherwise it was stopped too late, and nothing was tried.
    expect(heldByStopped).toBeGreaterThan(0);
    expect(delivered).toBeGreaterThan(0);
  });
});
