import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBooks } from './decision-table/books.js';
import {
  asking,
  backoffMs,
  bounded,
  calls,
  fork,
  line,
  mixed,
  mood,
  timeoutMs,
  twins,
} from './decision-table/sagas.js';
import { engineSchema, openStage, type Stage, verb } from './decision-table/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

/** Lets both stand in the queue for the instance's row, in this order, and then go. */
async function inTurn(id: string, first: () => unknown, second: () => unknown): Promise<void> {
  const sql = `select count(*)::integer as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  const waiters = async (count: number): Promise<void> => {
    for (let found = 0; found < count; ) found = (await stage.knex.raw(sql)).rows[0].n;
  };
  const trx = await stage.knex.transaction();
  await trx.withSchema(engineSchema).from('saga_instances').where({ id }).forUpdate().select('id');
  first();
  await waiters(1);
  second();
  await waiters(2);
  await trx.commit();
}

async function lives(id: string, spans: readonly number[]): Promise<void> {
  for (const ms of spans) {
    await stage.rest(id);
    await stage.elapse(id, ms);
  }
  await stage.rest(id);
}

describe('a cancel and the answer of the pivot, at the same moment:', () => {
  const atCommit = async (): Promise<string> => {
    const id = await stage.start(line, { passages: { 'commit do answer': ['kept'] } });
    await stage.rest(id);
    return id;
  };

  it('the cancel comes first and waits; the success behind it settles the matter', async () => {
    const id = await atCommit();
    let cancelled: Promise<unknown> = Promise.resolve();
    await inTurn(
      id,
      () => {
        cancelled = stage.engine.cancel(id, verb);
      },
      () => stage.wire.release(id, 'commit do answer'),
    );
    await cancelled;
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({
      saga: 'completed',
      journal: ['+hold', '+charge', 'cancel:SAGA_CANCELLED', '+commit', '+ship'],
    });
  });

  it('the success comes first, and the cancel is refused', async () => {
    const id = await atCommit();
    let cancelled: Promise<unknown> = Promise.resolve();
    await inTurn(
      id,
      () => stage.wire.release(id, 'commit do answer'),
      () => {
        cancelled = stage.engine.cancel(id, verb).catch((error: { code: string }) => error.code);
      },
    );
    expect(await cancelled).toBe('VERB_REFUSED');
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({
      saga: 'completed',
      journal: ['+hold', '+charge', '+commit', '+ship'],
    });
  });
});

describe('held while something is under way:', () => {
  it('paused in the middle of undoing, the next undo waits for the resume, also where the present one failed', async () => {
    const id = await stage.start(line, {
      deeds: { 'commit do': ['declines'], 'charge undo': ['fails'] },
      passages: { 'charge undo': ['kept'] },
    });
    await stage.rest(id);
    await stage.engine.pause(id, verb);
    stage.wire.release(id, 'charge undo');
    await stage.rest(id);
    await stage.elapse(id, 10 * timeoutMs);
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({
      saga: 'compensating paused',
      steps: { hold: 'succeeded', charge: 'compensating' },
      sent: ['hold do#1', 'charge do#1', 'commit do#1', 'charge undo#1'],
    });
    await stage.engine.resume(id, verb);
    await stage.elapse(id, timeoutMs);
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({
      saga: 'compensated',
      effects: ['charge do', 'charge undo', 'hold do', 'hold undo'],
    });
  });

  it('a retry goes out while answers to earlier attempts are still on their way: the first success counts, once', async () => {
    const passages = { 'commit do answer': ['kept', 'kept', 'kept'] } as const;
    const id = await stage.start(bounded, { passages });
    await lives(id, [timeoutMs, backoffMs, timeoutMs]);
    expect((await readBooks(stage, id)).saga).toBe('parked STEP_TIMED_OUT commit');
    await stage.engine.retry(id, verb);
    await stage.rest(id);
    stage.wire.release(id, 'commit do answer');
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({
      saga: 'completed',
      sent: ['hold do#1', 'commit do#1', 'commit do#2', 'commit do#3', 'ship do#1'],
      effects: ['commit do', 'hold do', 'ship do'],
    });
  });

  it('parked in the middle of a group, a branch declines; the cancel then undoes the parked one too', async () => {
    const id = await stage.start(fork, {
      deeds: { 'hold do': ['answers nonsense'], 'charge do': ['declines'] },
      passages: { 'charge do answer': ['kept'], 'note do': ['kept'] },
    });
    await stage.rest(id);
    stage.wire.release(id, 'charge do answer');
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({
      saga: 'parked CONTRACT_BROKEN hold',
      steps: { hold: 'dispatched', charge: 'declined', note: 'dispatched' },
    });
    await stage.engine.cancel(id, verb);
    await stage.rest(id);
    stage.wire.release(id, 'note do');
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({
      saga: 'compensated',
      steps: { hold: 'compensated', charge: 'declined', note: 'compensated' },
      effects: ['hold do', 'hold undo'],
      fence: { hold: 'undone', charge: 'declined', note: 'tombstone' },
    });
  });

  it('parked behind the pivot, paused, and resumed in the other order', async () => {
    const id = await stage.start(line, { deeds: { 'ship do': ['declines'] } });
    await stage.rest(id);
    await stage.engine.pause(id, verb);
    await stage.engine.retry(id, verb);
    await stage.rest(id);
    expect((await readBooks(stage, id)).saga).toBe('running paused');
    await stage.engine.resume(id, verb);
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({ saga: 'completed', steps: { ship: 'succeeded in round 2' } });
  });
});

describe('a group of a call and a command', () => {
  it('is undone on both sides', async () => {
    mood.call = () => Promise.resolve();
    const id = await stage.start(mixed, { deeds: { 'charge do': ['declines'] } });
    await stage.until(id, ({ status }) => status === 'compensated');
    await stage.rest(id);
    expect(calls).toContain(`${id}/wire/1/undo`);
    expect(await readBooks(stage, id)).toMatchObject({ effects: ['hold do', 'hold undo'] });
  });

  it('whose command declines while the call is being made undoes the call when it has come back, and not before', async () => {
    let answer = (): void => undefined;
    mood.call = () =>
      new Promise((resolve) => {
        answer = resolve;
      });
    const id = await stage.start(mixed, { deeds: { 'hold do': ['declines'] } });
    const { steps } = await stage.until(id, ({ status }) => status === 'compensating');
    expect(steps['wire']?.status).toBe('unknown');
    expect(calls).not.toContain(`${id}/wire/1/undo`);
    answer();
    await stage.until(id, ({ status }) => status === 'compensated');
    expect(calls.filter((key) => key.startsWith(id))).toEqual([`${id}/wire/1/undo`]);
  });
});

describe('a signal', () => {
  it('that is kept for a step ahead changes nothing when the saga turns back before it', async () => {
    const id = await stage.start(asking, {
      deeds: { 'hold do': ['declines'] },
      passages: { 'hold do answer': ['kept'] },
    });
    await stage.rest(id);
    const approval = { step: 'approval', id: 's1', body: { by: 'ada' } };
    expect(await stage.engine.signal(id, approval)).toBe(true);
    stage.wire.release(id, 'hold do answer');
    await stage.rest(id);
    expect(await stage.engine.signal(id, { ...approval, id: 's2' })).toBe(false);
    expect(await readBooks(stage, id)).toMatchObject({ saga: 'compensated', journal: ['signal:approval', '!hold:NO'] });
  });
});

describe('the failure of an earlier attempt', () => {
  it('does not pass for the delivery of the present one, which is still unsent', async () => {
    const id = await stage.start(twins, {
      deeds: { 'hold do': ['fails'] },
      passages: {
        'hold do': ['passes', 'refused', 'refused', 'refused'],
        'hold do answer': ['kept'],
        'more do answer': ['kept', 'kept'],
      },
    });
    await lives(id, [timeoutMs]);
    await stage.elapse(id, backoffMs);
    const outbox = () => stage.knex.withSchema(engineSchema).from('outbox_events').where({ key: id });
    const row = () =>
      outbox()
        .where({ aggregate_id: `${id}/hold/1/do` })
        .first();
    for (let { status } = await row(); status !== 'RETRY'; { status } = await row());
    // One batch: the first attempt's failure, which is stale, and the other branch's success, which is not.
    stage.wire.release(id, 'hold do answer');
    stage.wire.release(id, 'more do answer');
    await stage.until(id, ({ steps }) => steps['more']?.status === 'succeeded');
    expect((await row()).status).toBe('RETRY');
    const now = stage.knex.raw('clock_timestamp()');
    for (let { status } = await row(); status !== 'SENT'; { status } = await row())
      await outbox().where({ status: 'RETRY' }).update({ next_retry_at: now });
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({ saga: 'completed', effects: ['hold do', 'more do'] });
  });
});
