import { expect } from 'vitest';
import type { Proof } from './prove-rows.js';
import { asking, backoffMs, calls, line, mood } from './sagas.js';
import { engineSchema, type Stage, verb } from './stage.js';

/** The lease of `asking`'s call: its timeout and the grace behind it. */
const leaseMs = 605_000;
const approval = { step: 'approval', id: 's1', body: { by: 'ada' } };

async function completed(stage: Stage): Promise<string> {
  const id = await stage.start(line);
  expect((await stage.rest(id)).status).toBe('completed');
  return id;
}

const quarantined = async ({ knex }: Stage): Promise<readonly string[]> =>
  (await knex.withSchema(engineSchema).from('saga_quarantine').select('reason')).map(({ reason }) => reason);

export const strangerRows: readonly Proof[] = [
  {
    row: 'finished',
    how: 'every reply of a finished saga once more, three times',
    play: async (stage) => {
      const id = await completed(stage);
      for (const step of ['hold', 'charge', 'commit', 'ship'])
        for (const copy of stage.wire.messages(id, `${step} do answer`))
          for (const _ of [1, 2, 3]) stage.broker.write(copy);
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'completed',
      journal: ['+hold', '+charge', '+commit', '+ship'],
      sent: ['hold do#1', 'charge do#1', 'commit do#1', 'ship do#1'],
      discards: ['charge: finished 3', 'commit: finished 3', 'hold: finished 3', 'ship: finished 3'],
    },
  },
  {
    row: 'finished',
    how: 'a reply of another round',
    play: async (stage) => {
      const id = await stage.start(line, {
        deeds: { 'ship do': ['declines'] },
        passages: { 'ship do': ['passes', 'kept'] },
      });
      await stage.rest(id);
      await stage.engine.retry(id, verb);
      await stage.rest(id);
      for (const copy of stage.wire.messages(id, 'ship do answer')) stage.broker.write(copy);
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'running',
      steps: { ship: 'dispatched in round 2' },
      discards: ['ship: other round 1'],
    },
  },
  {
    row: 'finished',
    how: 'a reply of a step that is done, in one batch with the one that is awaited',
    play: async (stage) => {
      const id = await stage.start(line, { passages: { 'charge do answer': ['kept'] } });
      await stage.rest(id);
      for (const copy of stage.wire.messages(id, 'hold do answer')) stage.broker.write(copy);
      stage.wire.release(id, 'charge do answer', 2);
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'completed',
      effects: ['charge do', 'commit do', 'hold do', 'ship do'],
      discards: ['charge: not awaited 1', 'hold: not awaited 1'],
    },
  },
  {
    row: 'finished',
    how: 'a timer',
    play: async (stage) => {
      const id = await completed(stage);
      const now = stage.knex.raw('clock_timestamp()');
      await stage.knex
        .withSchema(engineSchema)
        .from('saga_instances')
        .where({ id })
        .update({ wake_at: now, due_from: now });
      await stage.rest(id);
      return id;
    },
    books: { saga: 'completed', journal: ['+hold', '+charge', '+commit', '+ship'], discards: [] },
  },
  {
    row: 'finished',
    how: 'a signal for a finished saga, and one that comes twice',
    play: async (stage) => {
      const id = await stage.start(asking);
      await stage.until(id, (view) => view.steps['approval']?.status === 'dispatched');
      expect(await stage.engine.signal(id, approval)).toBe(true);
      expect(await stage.engine.signal(id, approval)).toBe(false);
      await stage.rest(id);
      expect(await stage.engine.signal(id, approval)).toBe(false);
      return id;
    },
    books: { saga: 'completed', journal: ['+hold', '+wire', '+approval', '+charge'] },
  },
  {
    row: 'finished',
    how: 'the answer of a call whose lease has ended, behind the answer of the one made after it',
    play: async (stage) => {
      let answer = (): void => undefined;
      mood.call = () =>
        new Promise((resolve) => {
          answer = resolve;
        });
      const id = await stage.start(asking);
      while (!calls.includes(`${id}/wire/1/do`)) await stage.until(id, () => true);
      mood.call = () => Promise.resolve();
      for (const ms of [leaseMs, backoffMs]) {
        await stage.rest(id);
        await stage.elapse(id, ms);
      }
      await stage.until(id, (view) => view.steps['approval']?.status === 'dispatched');
      answer();
      const discards = () => stage.knex.withSchema(engineSchema).from('saga_discards').where({ saga_id: id });
      for (let row = await discards().first(); row === undefined; row = await discards().first());
      return id;
    },
    books: {
      saga: 'running',
      steps: { hold: 'succeeded', wire: 'succeeded', approval: 'dispatched' },
      discards: ['wire: not awaited 1'],
    },
  },
  {
    row: 'unknownReply',
    how: 'of an instance that was restored away; what stands behind it is handled',
    play: async (stage) => {
      const lost = await stage.start(line, { passages: { 'hold do answer': ['kept'] } });
      await stage.rest(lost);
      await stage.knex.withSchema(engineSchema).from('saga_instances').where({ id: lost }).delete();
      stage.wire.release(lost, 'hold do answer');
      const id = await completed(stage);
      await stage.broker.idle();
      expect(await quarantined(stage)).toContain('no such instance');
      expect(stage.told).toContainEqual(expect.objectContaining({ sagaId: lost, message: 'reply quarantined' }));
      return id;
    },
    books: { saga: 'completed' },
  },
  {
    row: 'unknownSignal',
    how: 'whoever signals nobody is told so and nothing is kept; once the instance is there, each id is taken once',
    play: async (stage) => {
      const nobody = '0190c3f0-0000-7000-8000-000000000000';
      await expect(stage.engine.signal(nobody, approval)).rejects.toMatchObject({ code: 'INSTANCE_UNKNOWN' });
      const id = await stage.start(asking);
      const taken = await Promise.all([1, 2, 3].map(() => stage.engine.signal(id, approval)));
      expect(taken.filter(Boolean)).toHaveLength(1);
      await stage.until(id, (view) => view.status === 'completed');
      await stage.rest(id);
      return id;
    },
    books: { saga: 'completed', steps: { approval: 'succeeded' } },
  },
  {
    row: 'journalFull',
    how: 'with what was decided last; answers to that are still taken in',
    play: async (stage) => {
      const id = await stage.start(line, { passages: { 'hold do answer': ['kept'] } });
      await stage.rest(id);
      await stage.knex.raw(
        `insert into ${engineSchema}.saga_journal (saga_id, seq, at, entry)
         select :id::uuid, seq, clock_timestamp(), json_build_object('seq', seq, 'at', 0, 'cause', json_build_object('kind', 'filler'), 'events', json_build_array())::text
           from generate_series(2, 9999) as seq`,
        { id },
      );
      stage.wire.release(id, 'hold do answer');
      await stage.rest(id);
      return id;
    },
    books: {
      saga: 'parked JOURNAL_FULL',
      steps: { hold: 'succeeded', charge: 'succeeded' },
      journal: ['+hold', 'parked:JOURNAL_FULL', '+charge'],
      sent: ['hold do#1', 'charge do#1'],
    },
  },
];
