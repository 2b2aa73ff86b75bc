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
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { participant } from '../../src/knex/index.js';
import { type PostgresParticipant, postgresParticipant } from '../../src/postgres/index.js';

const store = contract('store', {
  take: {
    request: z.object({ sku: z.string() }),
    reply: z.object({ left: z.number() }),
    errors: { EMPTY: z.object({ sku: z.string() }) },
  },
  back: { request: z.object({ sku: z.string() }) },
  mark: { request: z.object({ sku: z.string() }), errors: { EMPTY: z.object({ sku: z.string() }) } },
});
const broker = createInMemoryBroker();
let knex: Knex;
let drop: () => Promise<void>;
let keeper: PostgresParticipant<Knex.Transaction>;
let count = 0;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 12 } });
  await knex.raw('create table ledger (command text not null, what text not null)');
  const write = (trx: Knex.Transaction, command: string, what: string) => trx('ledger').insert({ command, what });
  keeper = postgresParticipant({
    database: knex,
    participant: participant(store, {
      take: async ({ trx, command, decline }) => {
        await write(trx, command.id, 'take');
        const { sku } = command.payload;
        if (sku === 'empty') return decline('EMPTY', { sku });
        if (sku === 'undeclared') return decline('NOPE' as 'EMPTY', { sku });
        if (sku === 'bug' && command.attempt === 1) throw new Error('a bug');
        if (sku === 'sql') await trx.raw('select 1 from no_such_table');
        if (sku === 'wrong') return { left: 'many' as unknown as number };
        if (sku === 'no text') throw Object.create(null);
        if (sku === 'odd message') throw Object.assign(new Error(), { message: { status: 500 } });
        if (sku === 'refused')
          throw new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }) });
        return { left: 3 };
      },
      mark: async ({ trx, command, decline }) => {
        await write(trx, command.id, 'mark');
        decline('EMPTY', { sku: command.payload.sku });
      },
      back: async ({ trx, command }) => {
        await write(trx, command.id, 'back');
      },
    }),
    orchestrators: ['shop'],
    transport: broker.transport(),
  });
  await keeper.migrate();
  await broker
    .transport()
    .ensureTopics(
      ['store.commands', 'shop.replies.store', 'store.commands.dlq', 'thief.replies.store'].map((topic) => ({ topic })),
    );
  await keeper.open();
});
afterAll(async () => {
  await keeper.close();
  await knex.destroy();
  await drop();
});

const newSagaId = (): string => `0190c3f0-0000-7000-8000-${String(++count).padStart(12, '0')}`;

function command(
  sagaId: string,
  sku: string,
  change: Partial<WithDataJson<CommandEnvelope>> = {},
): WithDataJson<CommandEnvelope> {
  const direction = change.direction ?? 'do';
  const identity = { sagaId, step: 'take', item: null, round: change.round ?? 1, direction } as const;
  const now = new Date().toISOString();
  return {
    ...identity,
    id: `m-${++count}`,
    source: 'shop',
    command: direction === 'do' ? 'store.take' : 'store.back',
    time: now,
    saga: 'buy',
    commandId: commandId(identity),
    attempt: 1,
    firstSentAt: now,
    replyTopic: 'shop.replies.store',
    replyToken: 'v1.k.t',
    installation: 'i',
    dataJson: JSON.stringify({ sku }),
    ...change,
  };
}

/** Sends commands of one saga and answers all the replies that it has had so far. */
async function ask(...envelopes: readonly WithDataJson<CommandEnvelope>[]): Promise<readonly ReplyEnvelope[]> {
  const [{ sagaId } = { sagaId: '' }] = envelopes;
  const before = repliesOf(sagaId).length;
  for (const envelope of envelopes)
    broker.write({ topic: 'store.commands', key: sagaId, value: encodeCommand(envelope) });
  while (repliesOf(sagaId).length < before + envelopes.length) await new Promise((resolve) => setImmediate(resolve));
  return repliesOf(sagaId);
}
function repliesOf(sagaId: string): readonly ReplyEnvelope[] {
  return (broker.topics().get('shop.replies.store') ?? [])
    .filter((record) => record.key === sagaId)
    .map((record) => decodeReply(record.value))
    .flatMap((decoded) => (decoded.kind === 'ok' ? [decoded.envelope] : []));
}
const effects = async (sagaId: string) =>
  (await knex('ledger').where('command', 'like', `${sagaId}%`)).map(({ what }) => what);
const fence = async (sagaId: string) =>
  knex.withSchema('backstitch').from('saga_fence').where({ saga_id: sagaId }).first('status');

describe('a participant', () => {
  it('runs a command once and answers a copy with the stored reply', async () => {
    const id = newSagaId();
    await ask(command(id, 'a'));
    const replies = await ask(command(id, 'a', { attempt: 2 }));
    expect(replies.map(({ outcome, data }) => ({ outcome, data }))).toEqual([
      { outcome: 'succeeded', data: { left: 3 } },
      { outcome: 'succeeded', data: { left: 3 } },
    ]);
    expect(await effects(id)).toEqual(['take']);
  });

  it('keeps a decline and nothing that the handler wrote before it', async () => {
    const id = newSagaId();
    await ask(command(id, 'empty'));
    const [first, copy] = await ask(command(id, 'empty', { attempt: 2 }));
    expect(first).toMatchObject({ outcome: 'declined', code: 'EMPTY', data: { sku: 'empty' } });
    expect(copy).toMatchObject({ outcome: 'declined', code: 'EMPTY', data: { sku: 'empty' }, attempt: 2 });
    expect(await effects(id)).toEqual([]);
    expect((await fence(id)).status).toBe('declined');
  });

  it('answers failed without a fence row where the handler throws, so that the next attempt runs', async () => {
    const id = newSagaId();
    const [failed] = await ask(command(id, 'bug'));
    expect(failed).toMatchObject({ outcome: 'failed', code: 'HANDLER_FAILED', message: 'a bug' });
    expect(await fence(id)).toBeUndefined();
    const [, second] = await ask(command(id, 'bug', { attempt: 2 }));
    expect(second).toMatchObject({ outcome: 'succeeded' });
    expect(await effects(id)).toEqual(['take']);
  });

  it.each([
    ['sql', '42P01'],
    ['wrong', 'CONTRACT_BROKEN'],
    ['undeclared', 'CONTRACT_BROKEN'],
    ['refused', 'HANDLER_FAILED'],
    ['no text', 'HANDLER_FAILED'],
    ['odd message', 'HANDLER_FAILED'],
  ])('answers failed where the handler is at fault (%s), with nothing written', async (sku, code) => {
    const id = newSagaId();
    expect(await ask(command(id, sku))).toMatchObject([{ outcome: 'failed', code }]);
    expect(await effects(id)).toEqual([]);
  });

  it('answers failed where a decline was said and not returned: it must not pass for done', async () => {
    const id = newSagaId();
    const [reply] = await ask(command(id, 'a', { command: 'store.mark' }));
    expect(reply).toMatchObject({ outcome: 'failed', code: 'HANDLER_FAILED' });
    expect(reply?.message).toContain("decline('EMPTY')");
    expect(await effects(id)).toEqual([]);
  });

  it('undoes once, and refuses a do that comes after its undo', async () => {
    const id = newSagaId();
    await ask(command(id, 'a'), command(id, 'a', { direction: 'undo' }), command(id, 'a', { direction: 'undo' }));
    expect(await effects(id)).toEqual(['take', 'back']);
    const replies = await ask(command(id, 'a', { attempt: 2 }));
    expect(replies.at(-1)).toMatchObject({ outcome: 'failed', code: 'FENCED' });
    expect(await effects(id)).toEqual(['take', 'back']);
  });

  it('answers an undo of what it never saw without calling anybody, and fences the late do', async () => {
    const id = newSagaId();
    const replies = await ask(command(id, 'a', { direction: 'undo' }), command(id, 'a'));
    expect(replies).toMatchObject([{ outcome: 'succeeded' }, { outcome: 'failed', code: 'FENCED' }]);
    expect(await effects(id)).toEqual([]);
    expect((await fence(id)).status).toBe('tombstone');
  });

  it('runs a new round as a new effect', async () => {
    const id = newSagaId();
    await ask(command(id, 'empty'), command(id, 'a', { round: 2 }));
    expect(await effects(id)).toEqual(['take']);
  });

  it('refuses a request that its contract does not take, a command that it does not have, and one older than its memory', async () => {
    const id = newSagaId();
    const old = new Date(Date.now() - 91 * 86_400_000).toISOString();
    const replies = await ask(
      command(id, 'a', { dataJson: '{"sku":7}' }),
      command(id, 'a', { command: 'store.steal' }),
      command(id, 'a', { firstSentAt: old }),
    );
    expect(replies.map(({ outcome, code }) => [outcome, code])).toEqual([
      ['failed', 'CONTRACT_BROKEN'],
      ['failed', 'COMMAND_INVALID'],
      ['failed', 'COMMAND_TOO_OLD'],
    ]);
    expect(await effects(id)).toEqual([]);
  });

  it('answers only orchestrators that it allows, on their own topic; what it cannot read is put aside', async () => {
    const id = newSagaId();
    const forged = [
      encodeCommand(command(id, 'a', { source: 'thief', replyTopic: 'thief.replies.store' })),
      encodeCommand(command(id, 'a', { replyTopic: 'thief.replies.store' })),
      'nonsense',
    ];
    for (const value of forged) broker.write({ topic: 'store.commands', key: id, value });
    await ask(command(id, 'a'));
    expect(await effects(id)).toEqual(['take']);
    expect(broker.topics().get('thief.replies.store') ?? []).toEqual([]);
    const { n } = (await knex.withSchema('backstitch').from('fence_quarantine').count('* as n').first()) ?? { n: 0 };
    expect(Number(n)).toBe(3);
    const dead = broker.topics().get('store.commands.dlq') ?? [];
    expect(dead.map(({ value }) => value).sort()).toEqual([...forged].sort());
    expect(dead[0]?.headers).toMatchObject({ 'dead-letter-topic': 'store.commands' });
  });

  it('gives two copies that come at once one effect', async () => {
    const ids = Array.from({ length: 20 }, newSagaId);
    await Promise.all(ids.map((id) => ask(command(id, 'a'), command(id, 'a', { attempt: 2 }))));
    for (const id of ids) expect(await effects(id)).toEqual(['take']);
  });
});
