import { describe, expect, it, vi } from 'vitest';
import { killMutant, mutants, runSeed, runSeeds, runTape } from '../src/index.js';

// A busy machine may take long; how long is not what is tested.
vi.setConfig({ testTimeout: 300_000 });

describe('a simulated run', () => {
  it('has the same history for the same seed', async () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const first = await runSeed(seed);
      const second = await runSeed(seed);
      expect(second).toEqual(first);
    }
  });

  it('has another history for another seed', async () => {
    const hashes = await Promise.all([1, 2, 3].map(async (seed) => (await runSeed(seed)).hash));
    expect(new Set(hashes).size).toBe(3);
  });

  it('can be had again from its tape', async () => {
    const { tape, hash } = await runSeed(7);
    expect((await runTape(tape)).hash).toBe(hash);
  });

  it('goes well where every choice is dull: nothing fails, and one saga completes', async () => {
    const { violations, happenings } = await runTape([], { keepsWords: true });
    expect(violations).toEqual([]);
    expect(happenings.at(-1)?.what).toContain('"status":"completed"');
  });

  it('leaves the clock and the timers of the machine as they were', async () => {
    const { setTimeout: before } = globalThis;
    await runSeed(1);
    expect(globalThis.setTimeout).toBe(before);
    expect(Date.now()).toBeGreaterThan(performance.timeOrigin);
    expect(Math.random()).toBeLessThan(1);
  });
});

describe('what is promised', () => {
  it('is kept by 120 seeds, and they meet much of what is rare', async () => {
    const { failed, sightings } = await runSeeds(1, 120);
    // Printed with their seeds: `SEED=… npm run sim` has one again.
    expect(failed).toEqual([]);
    expect(Object.keys(sightings).length).toBeGreaterThan(25);
  });

  it.each([
    'the fence forgets everything',
    'the last one to save wins',
    'a start key may be used again',
    'an unheard commit counts as committed',
    'commands whose handling fails are acknowledged',
  ])('is broken where %s', async (fault) => {
    const mutant = mutants.find((each) => each.fault === fault);
    if (mutant === undefined) throw new Error(`there is no mutant '${fault}'`);
    expect((await killMutant(mutant, 60)).violation).toBeDefined();
  });
});
