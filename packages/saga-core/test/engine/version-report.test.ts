import type { Clock } from '@backstitch/messaging';
import { describe, expect, it } from 'vitest';
import type { LiveDefinition } from '../../src/engine/saga-store.js';
import { createVersionReport } from '../../src/engine/version-report.js';

const definition = (version: number): LiveDefinition => ({
  ...{ saga: 'order', version, hash: `h${version}`, live: 3, overdue: 1 },
});

/** A report whose timer the test rings, and what it said. */
function open(answers: (() => Promise<readonly LiveDefinition[]>)[]) {
  const warned: unknown[] = [];
  const timers: { readonly delayMs: number; readonly run: () => void }[] = [];
  let cancelled = 0;
  const clock: Clock = {
    now: () => 0,
    setTimer(delayMs, run) {
      timers.push({ delayMs, run });
      return () => {
        cancelled += 1;
      };
    },
  };
  const nothing = () => undefined;
  const asked: unknown[] = [];
  const report = createVersionReport({
    store: {
      liveBeyond(known, options) {
        asked.push([known, options]);
        return answers.shift()?.() ?? Promise.resolve([]);
      },
    },
    definitions: [{ saga: 'order', version: 9, hash: 'h9' }],
    clock,
    logger: { debug: nothing, info: nothing, warn: (fields) => void warned.push(fields), error: nothing },
    intervalMs: 60_000,
  });
  return { report, warned, timers, asked, cancelled: () => cancelled };
}

describe('the report of versions that this process lacks', () => {
  it('comes at start and then once an interval, not with each poll, and ends with stop', async () => {
    const { report, warned, timers, asked, cancelled } = open([
      async () => [definition(1)],
      async () => [definition(2)],
    ]);
    report.start();
    report.start();
    await report.stop();
    expect(warned).toEqual([{ code: 'VERSION_UNKNOWN', ...definition(1), counted: 'all' }]);
    expect(asked).toEqual([[[{ saga: 'order', version: 9, hash: 'h9' }], { countTo: 10_000 }]]);
    expect(timers).toEqual([]);
    report.start();
    await expect.poll(() => timers.length).toBe(1);
    expect(timers[0]?.delayMs).toBe(60_000);
    expect(warned).toHaveLength(2);
    await report.stop();
    expect(cancelled()).toBe(1);
  });

  it('is bounded: a count has an end, and so has the number of versions', async () => {
    const many = Array.from({ length: 23 }, (_, place) => definition(place + 1));
    const { report, warned } = open([async () => [{ ...definition(1), live: 10_000 }], async () => many]);
    await report.runOnce();
    expect(warned.pop()).toMatchObject({ live: 10_000, counted: 'at least' });
    expect(await report.runOnce()).toBe(23);
    expect(warned).toHaveLength(21);
    expect(warned.at(-1)).toEqual({ code: 'VERSION_UNKNOWN', more: 3 });
  });

  it('is tried again after trouble with the database', async () => {
    const trouble = new Error('the database is away');
    const { report, warned, timers } = open([() => Promise.reject(trouble), async () => [definition(1)]]);
    report.start();
    await expect.poll(() => timers.length).toBe(1);
    expect(warned).toEqual([{ err: trouble }]);
    timers[0]?.run();
    await expect.poll(() => timers.length).toBe(2);
    expect(warned).toHaveLength(2);
    await report.stop();
  });
});
