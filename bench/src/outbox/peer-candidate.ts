import { fork } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { type Candidate, type CandidatePlace, createCounter } from './candidate.js';

const folder = new URL('../../peers/pg-transactional-outbox/', import.meta.url);

/** Whether `npm install` was run in the peer's folder: it is no dependency of ours. */
export function isPeerInstalled(): boolean {
  return existsSync(new URL('node_modules/pg-transactional-outbox', folder));
}

/** Its README's levers, at the fastest values that were found; its defaults (5 rows each 500 ms, one message at a time) would not keep up with 200 a second. */
const settings = {
  poll: 'in a process of its own; drain: 500 rows at once, locks of 60 s; steady: 100 rows, locks of 5 s; a look each 5 ms, without its slow start, 20 connections, sends to Kafka gathered, no attempts or poison protection',
  repl: 'in a process of its own; 200 messages at once (semaphore), at a steady rate 20, 20 connections, sends to Kafka gathered, no attempts or poison protection',
} as const;

/** `pg-transactional-outbox` (npm, version 0.5.7) in a process of its own. Replication needs `wal_level = logical`. */
export async function peerCandidate(place: CandidatePlace, mode: 'poll' | 'repl'): Promise<Candidate> {
  const child = fork(fileURLToPath(new URL('relay.mjs', folder)), {
    env: {
      ...process.env,
      ...{
        DATABASE_URL: place.databaseUrl,
        KAFKA_BROKERS: place.brokers.join(','),
        TOPIC: place.topic,
        MODE: mode,
        LOAD: place.load,
      },
    },
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const counter = createCounter();
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  await new Promise<void>((resolve, reject) => {
    child.on('message', (message: { readonly kind: string; readonly rows?: number }) => {
      if (message.kind === 'ready') resolve();
      else counter.add(message.rows ?? 0);
    });
    void exited.then(() => reject(new Error('the peer ended before it was ready')));
  });
  const pool = new pg.Pool({ connectionString: place.databaseUrl, max: 10 });
  const insertSql = `insert into outbox (id, aggregate_type, aggregate_id, message_type, payload, concurrency, metadata)
    select gen_random_uuid(), 'order', key, 'OrderPlaced', payload::json, 'parallel', '{}'
      from unnest($1::text[], $2::text[]) as g (key, payload)`;
  return {
    name: `pg-transactional-outbox, ${mode === 'poll' ? 'polling' : 'replication'}`,
    settings: settings[mode],
    async fill(rows) {
      const payload = JSON.stringify({ text: 'x'.repeat(280) });
      for (let from = 0; from < rows; from += 500) {
        const keys = Array.from({ length: Math.min(500, rows - from) }, (_, index) => `o${from + index}`);
        await pool.query(insertSql, [keys, keys.map(() => payload)]);
      }
    },
    async insert(payload, key) {
      await pool.query(insertSql, [[key], [payload]]);
    },
    start: () => void child.send({ kind: 'start' }),
    sent: counter.reached,
    sentSoFar: counter.count,
    async stop() {
      child.send({ kind: 'stop' });
      await exited;
      await pool.end();
    },
  };
}
