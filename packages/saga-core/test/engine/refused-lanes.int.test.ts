import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readBooks } from './decision-table/books.js';
import { backoffMs, timeoutMs, twice } from './decision-table/sagas.js';
import { engineSchema, openStage, type Stage } from './decision-table/stage.js';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

const always = Array.from({ length: 99 }, () => 'refused' as const);

/** Cuts the 5, 10 and 20 seconds between a row's retries short, until the broker has refused it for the last time. */
async function refusedForGood(schema: string, id: string): Promise<void> {
  const rows = () => stage.knex.withSchema(schema).from('outbox_events').where({ key: id });
  for (let left = 1; left > 0; ) {
    await rows()
      .where({ status: 'RETRY' })
      .update({ next_retry_at: stage.knex.raw('clock_timestamp()') });
    left = (await rows().whereIn('status', ['PENDING', 'RETRY']).select('id')).length;
  }
  await stage.rest(id);
}

describe('a message that the broker refuses for good does not hold up what follows it in its lane:', () => {
  it('a command, and the undo of the step before it at the same participant', async () => {
    const id = await stage.start(twice, { passages: { 'more do': always } });
    await stage.until(id, (view) => view.steps['more']?.attempt === 1);
    await refusedForGood(engineSchema, id);
    await stage.elapse(id, backoffMs);
    await stage.until(id, (view) => view.steps['more']?.attempt === 2);
    await refusedForGood(engineSchema, id);
    expect(await readBooks(stage, id)).toMatchObject({
      saga: 'compensated',
      steps: { hold: 'compensated', more: 'skipped' },
      effects: ['hold do', 'hold undo'],
    });
  });

  it('an answer, and the answer to the undo behind it', async () => {
    const id = await stage.start(twice, { passages: { 'more do answer': always } });
    for (const ms of [timeoutMs, backoffMs, timeoutMs]) {
      await stage.until(id, () => stage.wire.messages(id, 'more do answer').length > 0);
      await refusedForGood('stock_saga', id);
      await stage.elapse(id, ms);
      await stage.rest(id);
    }
    await refusedForGood('stock_saga', id);
    expect(await readBooks(stage, id)).toMatchObject({
      saga: 'compensated',
      steps: { hold: 'compensated', more: 'compensated' },
      effects: ['hold do', 'hold undo', 'more do', 'more undo'],
    });
  });
});
