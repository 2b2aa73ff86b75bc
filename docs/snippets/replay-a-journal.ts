// #region export
import { writeFile } from 'node:fs/promises';
import { exportRecording, type SagaEngine } from '@backstitch/saga-core';

export async function keep(engine: SagaEngine<unknown>, id: string): Promise<void> {
  const recording = await exportRecording(engine.instances, id);
  await writeFile(`recordings/${recording.saga}-${id}.json`, JSON.stringify(recording, null, 2));
}
// #endregion export

// #region replay
import { readdirSync, readFileSync } from 'node:fs';
import { type Recording, replayJournal } from '@backstitch/saga-core';
import { expect, test } from 'vitest';
import { placeOrder } from './place-order.js';

const recordings = new URL('./recordings/', import.meta.url);

test.each(readdirSync(recordings))('%s goes on as it began', (file) => {
  const recording = JSON.parse(readFileSync(new URL(file, recordings), 'utf8')) as Recording;
  const { divergences, text } = replayJournal(placeOrder, recording);
  expect(divergences, text).toEqual([]);
});
// #endregion replay
