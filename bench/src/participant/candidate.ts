import { randomUUID } from 'node:crypto';
import { commandId, contract, encodeCommand, jsonSchema } from '@backstitch/messaging';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import { participant } from '@backstitch/saga-core/knex';
import { postgresParticipant } from '@backstitch/saga-core/postgres';
import type { Knex } from 'knex';
import { runLoad } from '../load.js';
import { countedKnex } from './counted-knex.js';

export const candidateNames = ['bare knex', 'default', 'handleBatch'] as const;
export type CandidateName = (typeof candidateNames)[number];

export interface Candidate {
  readonly name: CandidateName;
  /** Handles so many commands, of as many sagas. Answers how long the handling took and how many statements it and what follows made. */
  run(commands: number): Promise<{ readonly elapsedMs: number; readonly statements: number }>;
  stop(): Promise<void>;
}

export interface CandidateOptions {
  readonly url: string;
  /** Transactions at a time, for all candidates alike. */
  readonly concurrency: number;
  readonly partitions: number;
  readonly preparedStatements: boolean;
}

const request = jsonSchema<{ orderId: string; sku: string; quantity: number }>({
  type: 'object',
  properties: { orderId: { type: 'string' }, sku: { type: 'string' }, quantity: { type: 'integer' } },
  required: ['orderId', 'sku', 'quantity'],
});
const reply = jsonSchema<{ reservationId: string }>({
  type: 'object',
  properties: { reservationId: { type: 'string' } },
  required: ['reservationId'],
});
const stock = contract('stock', { reserve: { request, reply } });

const note = 'x'.repeat(100);

interface Order {
  readonly orderId: string;
  readonly sku: string;
  readonly quantity: number;
}

/** What the author's code writes, by whatever way it is called. */
function rowOf(id: string, { orderId, sku, quantity }: Order): object {
  return { id, order_id: orderId, sku, quantity, note };
}

export async function openCandidate(name: CandidateName, options: CandidateOptions): Promise<Candidate> {
  const counted = countedKnex(options.url, options.concurrency + 4);
  await counted.knex.raw(
    'create table reservations (id text primary key, order_id text not null, sku text not null, quantity int not null, note text not null)',
  );
  if (name === 'bare knex') return bareCandidate(counted, options);
  return participantCandidate(name, counted, options);
}

function bareCandidate(
  { knex, takeStatements }: ReturnType<typeof countedKnex>,
  { concurrency }: CandidateOptions,
): Candidate {
  return {
    name: 'bare knex',
    async run(commands) {
      takeStatements();
      const insert = async (): Promise<void> => {
        const order = { orderId: randomUUID(), sku: 'tea', quantity: 1 };
        await knex.transaction((trx) => trx('reservations').insert(rowOf(randomUUID(), order)));
      };
      const { elapsedMs } = await runLoad({ total: commands, inFlight: concurrency, run: insert });
      return { elapsedMs, statements: takeStatements() };
    },
    stop: () => knex.destroy(),
  };
}

async function participantCandidate(
  name: 'default' | 'handleBatch',
  { knex, takeStatements }: ReturnType<typeof countedKnex>,
  { concurrency, partitions, preparedStatements }: CandidateOptions,
): Promise<Candidate> {
  const broker = createInMemoryBroker();
  const transport = broker.transport();
  const service = postgresParticipant<Knex.Transaction>({
    ...{ database: knex, orchestrators: ['bench'], transport, concurrency, preparedStatements },
    participant: participant(stock, {
      reserve:
        name === 'default'
          ? async ({ trx, command }) => {
              await trx('reservations').insert(rowOf(command.id, command.payload));
              return { reservationId: command.id };
            }
          : {
              async handleBatch({ trx, commands }) {
                await trx('reservations').insert(commands.map(({ id, payload }) => rowOf(id, payload)));
                return commands.map(({ id }) => ({ reservationId: id }));
              },
            },
    }),
  });
  await service.migrate();
  await service.ensureTopics({ partitions });
  await transport.ensureTopics([{ topic: 'bench.replies.stock', partitions }]);
  await service.open();
  const replies = (): number => broker.topics().get('bench.replies.stock')?.length ?? 0;
  return {
    name,
    async run(commands) {
      const texts = Array.from({ length: commands }, () => encodedCommand(randomUUID()));
      const before = replies();
      takeStatements();
      const beganMs = performance.now();
      for (const { key, value } of texts) broker.write({ topic: 'stock.commands', key, value });
      while (replies() < before + commands) await new Promise((resolve) => setTimeout(resolve, 1));
      const elapsedMs = performance.now() - beganMs;
      await settled(knex);
      return { elapsedMs, statements: takeStatements() };
    },
    async stop() {
      await service.close();
      await knex.destroy();
    },
  };
}

function encodedCommand(sagaId: string): { readonly key: string; readonly value: string } {
  const identity = { sagaId, step: 'reserve', item: null, round: 1, direction: 'do' as const };
  const now = new Date().toISOString();
  const value = encodeCommand({
    ...{ ...identity, id: randomUUID(), source: 'bench', command: 'stock.reserve', time: now, saga: 'bench' },
    ...{ commandId: commandId(identity), attempt: 1, firstSentAt: now, replyTopic: 'bench.replies.stock' },
    ...{ replyToken: 'v1.bench.token', installation: 'bench' },
    dataJson: JSON.stringify({ orderId: sagaId, sku: 'tea', quantity: 1 }),
  });
  return { key: sagaId, value };
}

/** The replies' rows are marked as sent a moment after they were: that belongs to the cost of a command, too. */
async function settled(knex: Knex): Promise<void> {
  for (;;) {
    const unsent = await knex.withSchema('backstitch').from('outbox_events').where('status', '<>', 'SENT').first('id');
    if (unsent === undefined) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
