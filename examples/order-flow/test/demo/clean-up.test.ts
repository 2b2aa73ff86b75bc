import { expect, it } from 'vitest';
import { createCleanUp } from '../../src/demo/clean-up.js';

it('undoes the latest first and goes on where a step fails', async () => {
  const done: string[] = [];
  const broken = new Error('broken');
  const cleanUp = createCleanUp();
  cleanUp.add(async () => done.push('server'));
  cleanUp.add(() => Promise.reject(broken));
  cleanUp.add(async () => done.push('service'));
  expect(await cleanUp.run()).toEqual([broken]);
  expect(done).toEqual(['service', 'server']);
  expect(await cleanUp.run()).toEqual([]);
});
