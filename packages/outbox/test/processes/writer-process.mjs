// A writer in a process of its own, on the built package: several loops of transactions, short and long, a third of them rolled back. Each
// counts up a key's number in the same transaction as it publishes the number, so that what was committed can be told from the table.
import { createSeededRandom } from '@backstitch/messaging/testing';
import { createOutbox } from '@backstitch/outbox';
import { postgresDatabase } from '@backstitch/postgres';
import pg from 'pg';

const { DATABASE_URL, SEED, LOOPS, KEYS, TRANSACTIONS, DIES } = process.env;
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: Number(LOOPS) });
const database = postgresDatabase(pool);
const outbox = createOutbox({ database });
const countSql = `insert into counters (key, n) values ($1, 1) on conflict (key) do update set n = counters.n + 1 returning n`;

const die = () => new Promise(() => process.kill(process.pid, 'SIGKILL'));

async function write(random) {
  const client = await pool.connect();
  client.on('error', () => undefined);
  try {
    await client.query('begin');
    const key = `key-${random.integer(Number(KEYS))}`;
    const { rows } = await client.query(countSql, [key]);
    const payload = { key, n: rows[0].n, undone: random.chance(0.33) };
    await outbox.publish(client, {
      topic: process.env.TOPIC,
      aggregateType: 'order',
      aggregateId: key,
      type: 'Counted',
      payload,
    });
    // Its commit comes long after those of others that began later: what a cursor on the sequence would lose.
    if (random.chance(0.1)) await client.query('select pg_sleep(0.05)');
    if (DIES === 'published') await die();
    await client.query(payload.undone ? 'rollback' : 'commit');
    if (DIES === 'committed' && !payload.undone) await die();
  } finally {
    client.removeAllListeners('error');
    client.release();
  }
}

async function loop(number) {
  const random = createSeededRandom(Number(SEED) * 100 + number);
  for (let done = 0; done < Number(TRANSACTIONS); done += 1) await write(random);
}

process.on('disconnect', () => process.exit(1));
process.send({ kind: 'ready' });
await Promise.all(Array.from({ length: Number(LOOPS) }, (_, number) => loop(number)));
await pool.end();
process.send({ kind: 'finished' });
process.disconnect();
