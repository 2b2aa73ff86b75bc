// A writer in a process of its own, on the built packages: several loops of transactions, a third of them rolled back, at MySQL's own level of
// isolation. Each counts up a key's number in the same transaction as it publishes the number, so that what was committed can be told from the
// table.
import { createSeededRandom } from '@backstitch/messaging/testing';
import { createMysqlOutbox, mysqlDatabase } from '@backstitch/mysql';
import { createPool } from 'mysql2/promise';

const { MYSQL_URL, SEED, LOOPS, KEYS, TRANSACTIONS, TOPIC } = process.env;
const pool = createPool({ uri: MYSQL_URL, connectionLimit: Number(LOOPS) });
const outbox = createMysqlOutbox({ database: mysqlDatabase(pool) });

async function write(random) {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const key = `key-${random.integer(Number(KEYS))}`;
    await connection.query('update counters set n = n + 1 where name = ?', [key]);
    const [[{ n }]] = await connection.query('select n from counters where name = ?', [key]);
    const payload = { key, n, undone: random.chance(0.33) };
    const about = { topic: TOPIC, aggregateType: 'order', aggregateId: key };
    await outbox.publish(connection, { ...about, type: 'Counted', payload });
    // Its commit comes long after those of others that began later: what a cursor on the sequence would lose.
    if (random.chance(0.1)) await connection.query('do sleep(0.05)');
    await connection[payload.undone ? 'rollback' : 'commit']();
  } finally {
    connection.release();
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
