import { testDatabase } from '@backstitch/devkit/testing';
import { type CommandEnvelope, commandId, contract, decodeReply, encodeCommand } from '@backstitch/messaging';
import { createInMemoryBroker } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { participant } from '../../src/knex/index.js';
import { type PostgresParticipant, postgresAnswers, postgresParticipant } from '../../src/postgres/index.js';

const request = z.object({ how: z.string() });
const carrier = contract('carrier', {
  ship: { request, reply: z.object({ parcel: z.string() }), errors: { NO_CARRIER: z.object({ zone: z.number() }) } },
  recall: { request },
});
const { ship, recall } = carrier;
const broker = createInMemoryBroker();
let knex: Knex;
let drop: () => Promise<void>;
let service: PostgresParticipant<Knex.Transaction>;
let count = 0;

beforeAll(async () => {
  const database = await testDatabase();
  drop = database.drop;
  knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 12 } });
  await knex.raw('create table jobs (id text primary key, status text not null)');
  service = postgresParticipant({
    database: knex,
    participant: participant(carrier, {
      async ship({ trx, command, accept }) {
        await trx('jobs').insert({ id: command.id, status: 'open' });
        return command.payload.how === 'at once' ? { parcel: 'p0' } : accept();
      },
      async recall({ trx, command, accept }) {
        await trx('jobs').where('id', 'like', `${command.sagaId}%`).update({ status: 'recalled' });
        if (command.payload.how === 'forgets') accept();
        return command.payload.how === 'later' ? accept() : undefined;
      },
    }),
    orchestrators: ['shop'],
    transport: broker.transport(),
    heartbeatEveryMs: 0,
  });
  await service.migrate();
  await service.ensureTopics();
  await broker.transport().ensureTopics([{ topic: 'shop.replies.carrier' }]);
  await service.open();
});
afterAll(async () => {
  await service.close();
  await knex.destroy();
  await drop();
});

const newSagaId = (): string => `0190c3f0-0000-7000-8000-${String(++count).padStart(12, '0')}`;
const idOf = (sagaId: string, direction: 'do' | 'undo' = 'do'): string =>
  commandId({ sagaId, step: 'ship', item: null, round: 1, direction });
const repliesTo = (sagaId: string) =>
  (broker.topics().get('shop.replies.carrier') ?? [])
    .filter(({ key }) => key === sagaId)
    .map(({ value }) => decodeReply(value))
    .flatMap((decoded) => (decoded.kind === 'ok' ? [decoded.envelope] : []));

/** Resolves with the outcomes of all replies to this saga once there are so many. */
async function heard(sagaId: string, replies: number): Promise<readonly string[]> {
  while (repliesTo(sagaId).length < replies) await new Promise((resolve) => setImmediate(resolve));
  return repliesTo(sagaId).map(({ direction, attempt, outcome }) => `${direction}#${attempt} ${outcome}`);
}

interface Sending {
  readonly how?: string;
  readonly attempt?: number;
  readonly direction?: 'do' | 'undo';
}

/** Sends a command and answers all outcomes so far, its own included. */
async function send(sagaId: string, { how = 'later', attempt = 1, direction = 'do' }: Sending = {}) {
  const now = new Date().toISOString();
  const envelope: Omit<CommandEnvelope, 'data'> = {
    ...{ sagaId, step: 'ship', item: null, round: 1, direction, attempt, time: now, firstSentAt: now },
    id: `m-${++count}`,
    source: 'shop',
    command: direction === 'do' ? ship.name : recall.name,
    saga: 'buy',
    commandId: idOf(sagaId, direction),
    replyTopic: 'shop.replies.carrier',
    replyToken: 'v1.k.t',
    installation: 'i',
  };
  const before = repliesTo(sagaId).length;
  const value = encodeCommand({ ...envelope, dataJson: JSON.stringify({ how }) });
  broker.write({ topic: 'carrier.commands', key: sagaId, value });
  return heard(sagaId, before + 1);
}

const job = async (sagaId: string) =>
  (
    await knex('jobs')
      .where({ id: idOf(sagaId) })
      .first()
  )?.status as unknown;
const fence = async (sagaId: string) =>
  (await knex.withSchema('backstitch').from('saga_fence').where({ saga_id: sagaId }).first())?.status as unknown;
/** What a worker does when it is done, in a transaction of its own. */
const deliver = (sagaId: string, parcel: string) =>
  knex.transaction(async (trx) => {
    const given = await service.answer(trx, ship, idOf(sagaId)).succeed({ parcel });
    await trx('jobs')
      .where({ id: idOf(sagaId) })
      .update({ status: parcel });
    return given;
  });

describe('a command that is answered later', () => {
  it('is accepted with what its handler wrote, accepted again, and answered with the work that was done, once', async () => {
    const id = newSagaId();
    expect(await send(id)).toEqual(['do#1 accepted']);
    expect([await job(id), await fence(id)]).toEqual(['open', 'accepted']);
    expect(await send(id, { attempt: 2 })).toEqual(['do#1 accepted', 'do#2 accepted']);
    expect(await deliver(id, 'p1')).toBe('answered');
    expect((await heard(id, 3)).at(-1)).toBe('do#2 succeeded');
    expect(repliesTo(id).at(-1)).toMatchObject({ data: { parcel: 'p1' }, replyToken: 'v1.k.t', installation: 'i' });
    expect([await job(id), await fence(id)]).toEqual(['p1', 'succeeded']);
    expect(await deliver(id, 'p1')).toBe('repeated');
    await expect(deliver(id, 'p2')).rejects.toMatchObject({
      code: 'ANSWER_REFUSED',
      fields: { status: 'succeeded', outcome: 'succeeded' },
    });
    expect(await job(id)).toBe('p1');
    expect((await send(id, { attempt: 3 })).at(-1)).toBe('do#3 succeeded');
  });

  it('is not answered where the transaction of the answer rolls back', async () => {
    const id = newSagaId();
    await send(id);
    const lost = knex.transaction(async (trx) => {
      await service.answer(trx, ship, idOf(id)).succeed({ parcel: 'p1' });
      throw new Error('crash');
    });
    await expect(lost).rejects.toThrow('crash');
    expect(await fence(id)).toBe('accepted');
  });

  it('is declined later, and keeps that', async () => {
    const id = newSagaId();
    await send(id);
    await knex.transaction((trx) => service.answer(trx, ship, idOf(id)).decline('NO_CARRIER', { zone: 3 }));
    await heard(id, 2);
    expect(repliesTo(id).at(-1)).toMatchObject({ outcome: 'declined', code: 'NO_CARRIER', data: { zone: 3 } });
    expect((await send(id, { attempt: 2 })).at(-1)).toBe('do#2 declined');
  });

  it('fails later without a trace, so that the next attempt runs again', async () => {
    const id = newSagaId();
    await send(id);
    await knex.transaction(async (trx) => {
      await service.answer(trx, ship, idOf(id)).fail({ message: 'the van is broken' });
      await trx('jobs')
        .where({ id: idOf(id) })
        .delete();
    });
    expect((await heard(id, 2)).at(-1)).toBe('do#1 failed');
    expect(repliesTo(id).at(-1)).toMatchObject({ code: 'HANDLER_FAILED', message: 'the van is broken' });
    expect(await fence(id)).toBeUndefined();
    expect((await send(id, { attempt: 2 })).at(-1)).toBe('do#2 accepted');
    expect(await job(id)).toBe('open');
  });

  it('says that it goes on, from a process that has no broker, and no more often than wanted', async () => {
    const id = newSagaId();
    await send(id);
    const worker = postgresAnswers<Knex.Transaction>({ database: knex, heartbeatEveryMs: 3_600_000 });
    await worker.heartbeat(ship, idOf(id));
    await service.heartbeat(ship, idOf(id));
    expect(await heard(id, 2)).toEqual(['do#1 accepted', 'do#1 accepted']);
    await knex.transaction((trx) => worker.answer(trx, ship, idOf(id)).heartbeat());
    await knex.transaction((trx) => worker.answer(trx, ship, idOf(id)).succeed({ parcel: 'p1' }));
    expect(await heard(id, 3)).toEqual(['do#1 accepted', 'do#1 accepted', 'do#1 succeeded']);
    await expect(service.heartbeat(ship, idOf(id))).rejects.toMatchObject({ code: 'ANSWER_REFUSED' });
  });
});

describe('an undo that comes while its command is worked on', () => {
  it('calls the handler; who works on it hears that it is fenced, and what he wrote is rolled back', async () => {
    const id = newSagaId();
    await send(id);
    expect(await send(id, { direction: 'undo', how: 'now' })).toEqual(['do#1 accepted', 'undo#1 succeeded']);
    expect([await job(id), await fence(id)]).toEqual(['recalled', 'undone']);
    await expect(deliver(id, 'p1')).rejects.toMatchObject({ code: 'FENCED', fields: { status: 'undone' } });
    await expect(service.heartbeat(ship, idOf(id))).rejects.toMatchObject({ code: 'FENCED' });
    expect(await job(id)).toBe('recalled');
    expect((await send(id, { attempt: 2 })).at(-1)).toBe('do#2 failed');
  });

  it('races the answer: one of them wins, and nothing is done and undone by halves', async () => {
    for (let round = 0; round < 8; round += 1) {
      const id = newSagaId();
      await send(id);
      const [delivered] = await Promise.all([
        deliver(id, 'p1').then(
          () => 'answered',
          (error: { readonly code?: string }) => error.code,
        ),
        send(id, { direction: 'undo', how: 'now' }),
      ]);
      expect(['answered', 'FENCED']).toContain(delivered);
      expect(
        (await heard(id, delivered === 'answered' ? 3 : 2)).filter((each) => each === 'undo#1 succeeded'),
      ).toHaveLength(1);
      expect([await job(id), await fence(id)]).toEqual(['recalled', 'undone']);
    }
  });

  it('may be answered later, too, and fences the command from then on', async () => {
    const id = newSagaId();
    await send(id);
    expect((await send(id, { direction: 'undo' })).at(-1)).toBe('undo#1 accepted');
    await expect(deliver(id, 'p1')).rejects.toMatchObject({ code: 'FENCED', fields: { status: 'undoing' } });
    expect((await send(id, { direction: 'undo', attempt: 2 })).at(-1)).toBe('undo#2 accepted');
    await knex.transaction((trx) => service.answer(trx, recall, idOf(id, 'undo')).succeed());
    expect((await heard(id, 4)).at(-1)).toBe('undo#2 succeeded');
    expect(await fence(id)).toBe('undone');
  });

  it('that fails later leaves the command as it was: worked on, or done', async () => {
    const [open, done] = [newSagaId(), newSagaId()];
    await send(open);
    await send(done, { how: 'at once' });
    for (const id of [open, done]) {
      await send(id, { direction: 'undo' });
      await knex.transaction((trx) => service.answer(trx, recall, idOf(id, 'undo')).fail({ message: 'no' }));
      expect((await heard(id, 3)).at(-1)).toBe('undo#1 failed');
    }
    expect([await fence(open), await fence(done)]).toEqual(['accepted', 'succeeded']);
    expect(await deliver(open, 'p1')).toBe('answered');
    expect((await send(done, { direction: 'undo', how: 'now', attempt: 2 })).at(-1)).toBe('undo#2 succeeded');
  });
});

describe('an answer that cannot be given', () => {
  const answering = (id: string, command: typeof ship | typeof recall = ship) =>
    knex.transaction(async (trx) => void (await service.answer(trx, command, id).succeed({ parcel: 'p' } as never)));

  it('is refused where nothing was accepted', async () => {
    const never = newSagaId();
    await expect(answering(idOf(never))).rejects.toMatchObject({ code: 'ANSWER_REFUSED', fields: { status: 'fresh' } });
    expect(await fence(never)).toBeUndefined();
    await send(never);
    await expect(answering(idOf(never, 'undo'), recall)).rejects.toMatchObject({ fields: { status: 'accepted' } });
  });

  it('is refused where it is of another command, or breaks the contract', async () => {
    const id = newSagaId();
    await send(id);
    await expect(answering(idOf(id), recall)).rejects.toMatchObject({ code: 'COMMAND_INVALID' });
    await expect(answering('nonsense')).rejects.toMatchObject({ code: 'COMMAND_INVALID' });
    const odd = knex.transaction(async (trx) => void (await service.answer(trx, ship, idOf(id)).succeed({} as never)));
    await expect(odd).rejects.toMatchObject({ code: 'CONTRACT_BROKEN' });
    const undeclared = knex.transaction(
      async (trx) => void (await service.answer(trx, ship, idOf(id)).decline('NOPE' as never, 0 as never)),
    );
    await expect(undeclared).rejects.toMatchObject({ code: 'CONTRACT_BROKEN' });
    expect(await fence(id)).toBe('accepted');
  });

  it('needs a transaction', async () => {
    expect(() => service.answer(knex as never, ship, idOf(newSagaId()))).toThrow();
  });

  it('is a failed attempt where the handler calls accept() and forgets to return it', async () => {
    const id = newSagaId();
    await send(id, { how: 'at once' });
    expect((await send(id, { direction: 'undo', how: 'forgets' })).at(-1)).toBe('undo#1 failed');
    expect(repliesTo(id).at(-1)?.message).toMatch(/called accept\(\) and returned nothing/);
  });
});
