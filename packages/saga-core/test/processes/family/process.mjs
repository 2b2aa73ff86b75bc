// An orchestrator that starts its share of the orders, or a participant, in a process of its own.
import { kafkaTransport } from '@backstitch/kafka';
import { participant } from '@backstitch/saga-core/knex';
import { postgresEngine, postgresParticipant } from '@backstitch/saga-core/postgres';
import kafkajs from 'kafkajs';
import createKnex from 'knex';
import { fulfil, shop } from './sagas.mjs';

const { DATABASE_URL, KAFKA_BROKERS, ROLE, ORDERS = '[]' } = process.env;
const database = createKnex({ client: 'pg', connection: DATABASE_URL, pool: { min: 0, max: 8 } });
const kafka = new kafkajs.Kafka({ brokers: KAFKA_BROKERS.split(','), logLevel: kafkajs.logLevel.NOTHING });
const transport = kafkaTransport({ kafka, sessionTimeoutMs: 6_000, heartbeatIntervalMs: 1_000 });

async function orchestrate() {
  const engine = postgresEngine({ database, name: 'family', sagas: [fulfil], transport });
  await engine.migrate();
  await engine.ensureTopics();
  await engine.open();
  for (const input of JSON.parse(ORDERS)) await engine.start(fulfil, { input, idempotencyKey: input.order });
}

async function participate() {
  const handlers = participant(shop, {
    hold: async ({ trx, command: { payload }, decline }) => {
      if (payload.what === 'none') return decline('SOLD_OUT', {});
      await trx.raw(
        'insert into effects (thing, n) values (?, 1) on conflict (thing) do update set n = effects.n + 1',
        `${payload.order}/${payload.what}`,
      );
      return { what: payload.what };
    },
    drop: async ({ trx, command: { payload } }) => {
      await trx.raw('update effects set n = n - 1 where thing = ?', `${payload.order}/${payload.what}`);
    },
  });
  const service = postgresParticipant({
    database,
    participant: handlers,
    orchestrators: ['family'],
    transport,
    schema: 'shop_saga',
  });
  await service.migrate();
  await service.open();
}

await (ROLE === 'orchestrator' ? orchestrate() : participate());
process.send({ kind: 'ready' });
// Its parent gone, nobody would end it.
process.on('disconnect', () => process.exit(1));
