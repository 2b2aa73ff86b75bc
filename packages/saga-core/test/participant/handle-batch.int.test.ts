import { testDatabase } from '@backstitch/devkit/testing';
import {
  type CommandEnvelope,
  commandId,
  contract,
  decodeReply,
  encodeCommand,
  type ReplyEnvelope,
  type WithDataJson,
} from '@backstitch/messaging';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { participant } from '../../src/knex/index.js';
import { type PostgresParticipant, postgresParticipant } from '../../src/postgres/index.js';

const store = contract('shelf', {
  take: {
    request: z.object({ sku: z.string() }),
    reply: z.object({ left: z.number() }),
    errors: { EMPTY: z.object({ sku: z.string() }) },
  },
  back: { request: z.object({ sku: z.string() }) },
  look: { request: z.object({ sku: z.string() }) },
});
const broker = createInMemoryBroker();
const topic = 'shelf.commands';
const calls: { readonly name: string; readonly commands: readonly string[] }[] = [];
let knex: Knex;
let drop: () => Promise<void>;
let keeper: PostgresParticipant<Knex.Transaction>;
let count = 0;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 12 } });
  await knex.raw(
    'create table ledger (command text not null, what text not null, sku text not null, tx bigint not null)',
  );
  await knex.raw('create table promise (command text unique deferrable initially deferred)');
  const write = async (
    trx: Knex.Transaction,
    what: string,
    commands: readonly { id: string; payload: { sku: string } }[],
  ) => {
    calls.push({ name: what, commands: commands.map(({ id }) => id) });
    const rows = commands.map(({ id, payload }) => ({
      command: id,
      what,
      sku: payload.sku,
      tx: knex.raw('txid_current()'),
    }));
    if (rows.length > 0) await trx('ledger').insert(rows);
  };
  keeper = postgresParticipant({
    database: knex,
    participant: participant(store, {
      take: {
        async handleBatch({ trx, commands, decline, accept }) {
          const taken = commands.filter(({ payload }) => payload.sku !== 'empty');
          await write(trx, 'take', taken);
          const skus = commands.map(({ payload }) => payload.sku);
          if (skus.includes('bug')) throw new Error('a bug');
          if (skus.includes('sql')) await trx.raw('select 1 from no_such_table');
          if (skus.includes('short')) return [];
          for (const sku of skus.filter((each) => each.startsWith('twice')))
            await trx('promise').insert({ command: sku });
          return commands.map(({ payload: { sku } }) => {
            if (sku === 'empty') return decline('EMPTY', { sku });
            if (sku === 'undeclared') return decline('NOPE' as 'EMPTY', { sku });
            if (sku === 'wrong') return { left: 'many' as unknown as number };
            if (sku === 'forgotten') return void decline('EMPTY', { sku }) as never;
            return sku === 'later' ? accept() : { left: 3 };
          });
        },
      },
      back: { handleBatch: ({ trx, commands }) => write(trx, 'back', commands) },
      look: ({ trx, command }) => write(trx, 'look', [command]),
    }),
    orchestrators: ['shop'],
    transport: broker.transport(),
  });
  await keeper.migrate();
  const topics = [topic, 'shop.replies.shelf', `${topic}.dlq`].map((each) => ({ topic: each }));
  await broker.transport().ensureTopics(topics);
  await keeper.open();
});
afterAll(async () => {
  await keeper.close();
  await knex.destroy();
  await drop();
});
beforeEach(() => void calls.splice(0));

type Change = Partial<WithDataJson<CommandEnvelope>> & { readonly sku?: string };

function command({ sku = 'a', ...change }: Change = {}): WithDataJson<CommandEnvelope> {
  count += 1;
  const { sagaId = `saga-${count}`, direction = 'do', round = 1, step = 'take', item = null } = change;
  const identity = { sagaId, step, item, round, direction };
  const now = new Date().toISOString();
  return {
    ...{ id: `m-${count}`, source: 'shop', command: direction === 'do' ? 'shelf.take' : 'shelf.back', time: now },
    ...{ saga: 'buy', attempt: 1, firstSentAt: now, replyTopic: 'shop.replies.shelf', replyToken: 'v1.k.t' },
    ...{ installation: 'i', dataJson: JSON.stringify({ sku }), ...change, ...identity },
    commandId: commandId(identity),
  };
}

const replies = (): readonly ReplyEnvelope[] =>
  (broker.topics().get('shop.replies.shelf') ?? [])
    .map(({ value }) => decodeReply(value))
    .flatMap((decoded) => (decoded.kind === 'ok' ? [decoded.envelope] : []));

/** Hands over commands of one partition at once, and waits for the answers to each command id. */
async function ask(...envelopes: readonly WithDataJson<CommandEnvelope>[]): Promise<readonly ReplyEnvelope[]> {
  const before = replies().length;
  for (const envelope of envelopes) broker.write({ topic, key: 'one partition', value: encodeCommand(envelope) });
  const ids = new Set(envelopes.map(({ commandId: id }) => id));
  const answered = (): readonly ReplyEnvelope[] => replies().slice(before);
  while (![...ids].every((id) => answered().some((reply) => reply.commandId === id)))
    await new Promise((resolve) => setImmediate(resolve));
  return envelopes.flatMap(({ commandId: id }) => answered().findLast((reply) => reply.commandId === id) ?? []);
}
const ledger = async (sagaIds: readonly string[]): Promise<readonly { what: string; tx: string }[]> =>
  knex('ledger')
    .whereRaw("split_part(command, '/', 1) = any(?)", [[...sagaIds]])
    .orderBy('command');
const fence = async (sagaId: string) =>
  knex.withSchema('backstitch').from('saga_fence').where({ saga_id: sagaId }).first('status');

describe('a batch handler', () => {
  it('handles commands of many sagas in one call and one transaction', async () => {
    const commands = Array.from({ length: 20 }, () => command());
    const answers = await ask(...commands);
    expect(answers.map(({ outcome, data }) => [outcome, data])).toEqual(commands.map(() => ['succeeded', { left: 3 }]));
    expect(calls).toEqual([{ name: 'take', commands: commands.map(({ commandId: id }) => id) }]);
    const rows = await ledger(commands.map(({ sagaId }) => sagaId));
    expect(rows).toHaveLength(20);
    expect(new Set(rows.map(({ tx }) => tx)).size).toBe(1);
  });

  it('calls its handler once for copies in one batch, and answers the last attempt', async () => {
    const sagaId = 'copied';
    const [, , last] = await ask(command({ sagaId }), command({ sagaId, attempt: 2 }), command({ sagaId, attempt: 3 }));
    expect(last).toMatchObject({ outcome: 'succeeded', attempt: 3, data: { left: 3 } });
    expect(await ledger([sagaId])).toHaveLength(1);
    expect(await ask(command({ sagaId, attempt: 4 }))).toMatchObject([{ outcome: 'succeeded', attempt: 4 }]);
    expect(await ledger([sagaId])).toHaveLength(1);
  });

  it('does and undoes in one batch, refuses the late do, and fences what was undone before it came', async () => {
    const [done, early] = ['done and undone', 'undone first'];
    const answers = await ask(
      command({ sagaId: done }),
      command({ sagaId: early, direction: 'undo' }),
      command({ sagaId: done, direction: 'undo' }),
      command({ sagaId: early }),
      command({ sagaId: done, direction: 'undo', attempt: 2 }),
    );
    expect(answers.map(({ outcome, code }) => code ?? outcome)).toEqual([
      'succeeded',
      'succeeded',
      'succeeded',
      'FENCED',
      'succeeded',
    ]);
    expect((await ledger([done])).map(({ what }) => what).sort()).toEqual(['back', 'take']);
    expect(await ledger([early])).toEqual([]);
    expect([(await fence(done)).status, (await fence(early)).status]).toEqual(['undone', 'tombstone']);
    expect(await ask(command({ sagaId: done, attempt: 2 }))).toMatchObject([{ outcome: 'failed', code: 'FENCED' }]);
  });

  it('undoes what its sender knows to be done although the fence has forgotten it, and closes a step with nothing to undo', async () => {
    await ask(
      command({ sagaId: 'forgotten', direction: 'undo', isDone: true }),
      command({ sagaId: 'closed', direction: 'undo', command: 'backstitch.tombstone' }),
    );
    expect((await ledger(['forgotten', 'closed'])).map(({ what }) => what)).toEqual(['back']);
    expect([(await fence('forgotten')).status, (await fence('closed')).status]).toEqual(['undone', 'tombstone']);
  });

  it('takes items, rounds and steps of one saga for commands of their own', async () => {
    const sagaId = 'many';
    await ask(
      command({ sagaId, item: 0 }),
      command({ sagaId, item: 1 }),
      command({ sagaId, round: 2 }),
      command({ sagaId, step: 'other' }),
    );
    expect(await ledger([sagaId])).toHaveLength(4);
    expect(calls).toHaveLength(1);
  });

  it('declines and accepts each for itself', async () => {
    const commands = [command(), command({ sku: 'empty' }), command({ sku: 'later' })];
    const answers = await ask(...commands);
    expect(answers).toMatchObject([
      { outcome: 'succeeded' },
      { outcome: 'declined', code: 'EMPTY', data: { sku: 'empty' } },
      { outcome: 'accepted' },
    ]);
    expect(calls).toHaveLength(1);
    const statuses = await Promise.all(commands.map(({ sagaId }) => fence(sagaId)));
    expect(statuses.map(({ status }) => status)).toEqual(['succeeded', 'declined', 'accepted']);
    const [, , accepted] = commands;
    await knex.transaction((trx) => keeper.answer(trx, store.take, accepted?.commandId ?? '').succeed({ left: 1 }));
    expect((await fence(accepted?.sagaId ?? '')).status).toBe('succeeded');
  });

  it('answers what it cannot take one by one, and handles the others together', async () => {
    const old = new Date(Date.now() - 91 * 86_400_000).toISOString();
    const answers = await ask(
      command(),
      command({ dataJson: '{"sku":7}' }),
      command({ firstSentAt: old }),
      command({ command: 'shelf.steal' }),
      command(),
    );
    expect(answers.map(({ outcome, code }) => code ?? outcome)).toEqual([
      'succeeded',
      'CONTRACT_BROKEN',
      'COMMAND_TOO_OLD',
      'COMMAND_INVALID',
      'succeeded',
    ]);
    expect(calls.map(({ commands }) => commands.length)).toEqual([2]);
  });

  it.each([
    ['bug', 'HANDLER_FAILED'],
    ['sql', '42P01'],
    ['short', 'HANDLER_FAILED'],
    ['wrong', 'CONTRACT_BROKEN'],
    ['undeclared', 'CONTRACT_BROKEN'],
    ['forgotten', 'HANDLER_FAILED'],
  ])('does not let a poisonous command (%s) fail its neighbours', async (sku, code) => {
    const commands = [command(), command({ sku }), command(), command({ sku: 'empty' })];
    const answers = await ask(...commands);
    expect(answers.map((answer) => answer.code ?? answer.outcome)).toEqual(['succeeded', code, 'succeeded', 'EMPTY']);
    // Once together, then each as a batch of its own.
    const [together, ...apart] = calls.map((call) => call.commands.length);
    expect([together, ...apart.sort()]).toEqual([3, 0, 1, 1, 1]);
    expect(await ledger(commands.map(({ sagaId }) => sagaId))).toHaveLength(2);
    expect(await fence(commands[1]?.sagaId ?? '')).toBeUndefined();
  });

  it('handles one by one what a deferred constraint refuses at the commit', async () => {
    await knex('promise').insert({ command: 'twice known' });
    const commands = [command(), command({ sku: 'twice known' }), command({ sku: 'twice new' })];
    const answers = await ask(...commands);
    expect(answers.map(({ outcome, code }) => code ?? outcome)).toEqual(['succeeded', '23505', 'succeeded']);
    expect(await ledger(commands.map(({ sagaId }) => sagaId))).toHaveLength(2);
  });

  it('stands beside an ordinary handler, in the order of each saga', async () => {
    const look = { command: 'shelf.look', step: 'look' };
    await ask(
      command({ sagaId: 'x' }),
      command({ sagaId: 'x', ...look }),
      command({ sagaId: 'x', direction: 'undo' }),
      command({ sagaId: 'y', ...look }),
      command({ sagaId: 'y' }),
    );
    const order = calls.flatMap(({ commands }) => commands);
    expect(order.filter((id) => id.startsWith('x/'))).toEqual(['x/take/1/do', 'x/look/1/do', 'x/take/1/undo']);
    expect(order.filter((id) => id.startsWith('y/'))).toEqual(['y/look/1/do', 'y/take/1/do']);
  });

  it('gives an effect once where another process has the same command under way', async () => {
    const rival = command({ sagaId: 'raced' });
    const taken = knex.transaction(async (trx) => {
      await trx
        .withSchema('backstitch')
        .table('saga_fence')
        .insert({
          ...{ saga_id: 'raced', step: 'take', item: -1, round: 1, status: 'succeeded', do_reply: '{"left":9}' },
          settled_at: knex.raw('clock_timestamp()'),
        });
      const others = command();
      broker.write({ topic, key: 'one partition', value: encodeCommand(rival) });
      broker.write({ topic, key: 'one partition', value: encodeCommand(others) });
      // Until the batch stands behind this row's insert.
      for (let waits = 0; waits === 0; ) {
        const { rows } = await knex.raw(
          "select count(*)::integer as waits from pg_stat_activity where wait_event = 'transactionid' and datname = current_database()",
        );
        waits = rows[0].waits;
      }
      return others;
    });
    const others = await taken;
    const answered = (id: string) => replies().findLast((reply) => reply.commandId === id);
    while (answered(rival.commandId) === undefined || answered(others.commandId) === undefined)
      await new Promise((resolve) => setImmediate(resolve));
    expect(answered(rival.commandId)).toMatchObject({ outcome: 'succeeded', data: { left: 9 } });
    expect(await ledger(['raced'])).toEqual([]);
    expect(await ledger([others.sagaId])).toHaveLength(1);
  });
});
