import { decodeReply, encodeReply } from '@backstitch/messaging';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saga } from '../../src/knex/index.js';
import { readBooks } from './decision-table/books.js';
import {
  bank,
  brittle,
  charge,
  fork,
  hold,
  impatient,
  input,
  line,
  note,
  post,
  stock,
} from './decision-table/sagas.js';
import { engineSchema, openStage, type Stage, verb } from './decision-table/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

describe('a hole of Eventuate Tram Sagas, closed here:', () => {
  it('a participant that never answers leaves its saga waiting for ever, because steps have no timeout', async () => {
    const id = await stage.start(impatient, { passages: { 'charge do': ['lost', 'lost'] } });
    await stage.until(id, ({ status }) => status === 'compensated');
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({
      journal: ['+hold', '!charge:STEP_TIMED_OUT', '-charge', '-hold'],
      sent: ['hold do#1', 'charge do#1', 'charge do#2', 'charge undo#1', 'hold undo#1'],
      effects: ['hold do', 'hold undo'],
    });
  });

  it('a compensation that fails ends the saga for good, and those before it are never run', async () => {
    const deeds = { 'note do': ['declines'], 'charge undo': ['fails'] } as const;
    const id = await stage.start(brittle, { deeds });
    await stage.until(id, ({ status }) => status === 'parked');
    await stage.rest(id);
    expect(stage.told).toContainEqual(expect.objectContaining({ sagaId: id, step: 'charge' }));
    expect(await readBooks(stage, id)).toMatchObject({
      saga: 'parked STEP_FAILED charge',
      steps: { hold: 'succeeded', charge: 'compensating', note: 'declined' },
      effects: ['charge do', 'hold do'],
    });
    await stage.engine.retry(id, verb);
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({
      saga: 'compensated',
      steps: { hold: 'compensated', charge: 'compensated', note: 'declined' },
      effects: ['charge do', 'charge undo', 'hold do', 'hold undo'],
    });
  });

  it('an instance stands at the index of its step, and goes on with another step when the list was edited', async () => {
    const edited = saga('edited', { version: 1, input })
      .invoke('hold', stock.take, hold)
      .invoke('note', post.note, note);
    const second = saga('edited', { version: 2, input })
      .invoke('charge', bank.charge, charge)
      .invoke('hold', stock.take, hold)
      .invoke('note', post.note, note);
    const sameVersion = saga('edited', { version: 1, input })
      .invoke('charge', bank.charge, charge)
      .invoke('note', post.note, note);
    const before = stage.another([edited.build()]);
    await before.open();
    const { id } = await before.start(edited.build(), { input: {} });
    stage.wire.plan(id, { 'note do': ['kept'] });
    await stage.until(id, ({ steps }) => steps['note']?.status === 'dispatched');
    await before.close();
    // The list was edited, and the number forgotten.
    await expect(stage.another([sameVersion.build()]).open()).rejects.toMatchObject({ code: 'DEFINITION_CHANGED' });
    const after = stage.another([second.build(), edited.build()]);
    await after.open();
    const young = await after.start(second.build(), { input: {} });
    await after.handle(second.build(), young.id).result({ timeout: '20s' });
    stage.wire.release(id, 'note do');
    await after.handle(edited.build(), id).result({ timeout: '20s' });
    expect(await readBooks(stage, id)).toMatchObject({ journal: ['+hold', '+note'], effects: ['hold do', 'note do'] });
    expect(await readBooks(stage, young.id)).toMatchObject({ journal: ['+charge', '+hold', '+note'] });
  });

  it('a reply that is sent again under a new message id moves the saga on, because the last request’s id is never compared', async () => {
    const id = await stage.start(line, { passages: { 'charge do answer': ['kept'] } });
    await stage.rest(id);
    const [answer] = stage.wire.messages(id, 'hold do answer');
    const decoded = decodeReply(answer?.value ?? null);
    if (decoded.kind !== 'ok' || answer === undefined) throw new Error('no answer');
    const { data, ...envelope } = decoded.envelope;
    for (const messageId of ['0190c3f0-0000-7000-8000-000000000001', '0190c3f0-0000-7000-8000-000000000002']) {
      const value = encodeReply({ ...envelope, id: messageId, dataJson: JSON.stringify(data) });
      stage.broker.write({ ...answer, value });
    }
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({
      steps: { hold: 'succeeded', charge: 'dispatched' },
      sent: ['hold do#1', 'charge do#1'],
      discards: ['hold: not awaited 2'],
    });
    stage.wire.release(id, 'charge do answer');
    await stage.rest(id);
    expect(await readBooks(stage, id)).toMatchObject({ journal: ['+hold', '+charge', '+commit', '+ship'] });
  });

  it('two processes that save one instance overwrite each other, because the update checks no version', async () => {
    const other = stage.another();
    await other.open();
    const id = await stage.start(fork, { passages: { 'hold do answer': ['kept'], 'charge do answer': ['kept'] } });
    await stage.rest(id);
    const holdUp = await stage.knex.transaction();
    await holdUp.withSchema(engineSchema).from('saga_instances').where({ id }).forUpdate().select('id');
    // Whoever speaks first stands first in the row's queue; the replies are decided on what was before that, and lose.
    const pausing = other.pause(id, verb);
    await waiters(1);
    stage.wire.release(id, 'hold do answer');
    stage.wire.release(id, 'charge do answer');
    await waiters(2);
    await holdUp.commit();
    await pausing;
    await stage.until(
      id,
      ({ steps }) => steps['hold']?.status === 'succeeded' && steps['charge']?.status === 'succeeded',
    );
    expect(await readBooks(stage, id)).toMatchObject({ saga: 'running paused' });
    await stage.engine.resume(id, verb);
    await stage.rest(id);
    const { saga: status, journal } = await readBooks(stage, id);
    expect(status).toBe('completed');
    expect([...journal].sort()).toEqual(['+charge', '+hold', '+note', 'paused', 'resumed']);
  });
});

/** Waits until so many connections wait for a lock in this database. */
async function waiters(count: number): Promise<void> {
  const sql = `select count(*)::integer as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  for (let found = 0; found < count; ) found = (await stage.knex.raw(sql)).rows[0].n;
}
