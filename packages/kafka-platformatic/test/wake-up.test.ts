import { expect, it } from 'vitest';
import { createTurnstile } from '../src/turnstile.js';
import { createWakeUp } from '../src/wake-up.js';

it('wakes all who wait, once', async () => {
  const bell = createWakeUp();
  const heard: string[] = [];
  const both = [bell.rung().then(() => heard.push('a')), bell.rung().then(() => heard.push('b'))];
  bell.ring();
  await Promise.all(both);
  void bell.rung().then(() => heard.push('again'));
  await Promise.resolve();
  expect(heard).toEqual(['a', 'b']);
});

it('is heard by who comes after it was rung', async () => {
  const bell = createWakeUp();
  bell.ring();
  await expect(bell.rung()).resolves.toBeUndefined();
});

it('lets so many through at a time, in the order of their coming', async () => {
  const turnstile = createTurnstile(2);
  const inside: string[] = [];
  const enter = (name: string) => turnstile.enter().then(() => inside.push(name));
  const all = ['a', 'b', 'c', 'd'].map(enter);
  await Promise.all(all.slice(0, 2));
  expect(inside).toEqual(['a', 'b']);
  turnstile.leave();
  await all[2];
  expect(inside).toEqual(['a', 'b', 'c']);
  turnstile.leave();
  await all[3];
});
