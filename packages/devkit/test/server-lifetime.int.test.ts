import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createDatabase } from '../src/create-database.js';
import { type DevkitClone, type RunningClone, devkitClone } from './devkit-clone.js';

/** The watchdog needs a moment to notice; five seconds are far more than that, also on a busy machine. */
const soon = { timeout: 60_000, interval: 50 };

describe('an embedded Postgres in a clone below a folder of mode 0700', () => {
  let clone: DevkitClone;

  beforeAll(async () => {
    clone = await devkitClone();
  });
  afterAll(async () => {
    await clone.remove();
  });

  async function started(): Promise<RunningClone> {
    const running = await clone.start();
    await createDatabase(running.url);
    expect(await clone.processes()).not.toEqual([]);
    return running;
  }

  async function nothingIsLeft(): Promise<void> {
    await vi.waitFor(async () => expect(await clone.processes()).toEqual([]), soon);
    await vi.waitFor(async () => expect(await clone.dataFolders()).toEqual([]), soon);
  }

  it('starts, serves, and leaves nothing after stop', async () => {
    const { child } = await started();
    const exited = once(child, 'exit');
    child.stdin.write('stop\n');
    expect(await exited).toEqual([0, null]);
    await nothingIsLeft();
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGKILL'] as const)('leaves nothing after %s of the program', async (signal) => {
    const { child } = await started();
    const exited = once(child, 'exit');
    child.kill(signal);
    expect(await exited).toEqual([null, signal]);
    await nothingIsLeft();
  });
});
