import { contract } from '@backstitch/messaging';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/index.js';
import { explore, type ExploreReport } from '../../src/testing/index.js';
import { exploreWith } from '../../src/testing/explore.js';
import { realParts } from '../../src/testing/explore-plan.js';
import { family, familyOptions, list, threeItems, twoItems } from './explored-family.js';
import { familyMutants, listMutants } from './mutants/family-mutants.js';

// A busy machine may take long; how long is not what is tested.
vi.setConfig({ testTimeout: 60_000 });

const found = ({ violations }: ExploreReport): number => violations.length;

describe('exploring a list', () => {
  it('finds nothing wrong with two faults', () => {
    const { violations, states, terminal } = explore(list(1), { ...twoItems, maxAttempts: 1, verbs: ['cancel'] });
    expect(violations).toEqual([]);
    expect(states).toBeGreaterThan(1_000);
    expect(terminal.completed).toBeGreaterThan(0);
    expect(terminal.compensated).toBeGreaterThan(0);
  });

  it('finds nothing wrong with more items than may be under way, one fault, two attempts and every verb', () => {
    const verbs = ['cancel', 'pause', 'resume', 'retry', 'skip', 'resolve'] as const;
    expect(explore(list(2), { ...threeItems, maxFaults: 1, verbs }).violations).toEqual([]);
  });

  it.each(['declined', 'compensating', 'compensated'])('reaches an item that is %s', (status) => {
    type Seen = { step(name: never): string };
    const never = { name: 'never', check: (world: Seen) => world.step('hold[1]' as never) !== status };
    expect(found(explore(list(2), { ...threeItems, maxFaults: 1, maxAttempts: 1, invariants: [never] }))).toBe(1);
  });

  it('counts the effects of its items together', () => {
    type Seen = { effects(name: 'hold'): { done: number } };
    const never = { name: 'never', check: (world: Seen) => world.effects('hold').done < 3 };
    expect(found(explore(list(2), { ...threeItems, maxFaults: 0, invariants: [never] }))).toBe(1);
  });

  it.each(listMutants)('finds a machine that $fault', ({ parts, killedBy, withinStates }) => {
    const explored = exploreWith(list(2), { ...threeItems, maxFaults: 1 }, { ...realParts, ...parts });
    expect(explored.violations.map(({ invariant }) => invariant)).toEqual([killedBy]);
    expect(explored.states).toBeLessThanOrEqual(withinStates);
  });
});

describe('exploring a parent', () => {
  it('finds nothing wrong with two faults', () => {
    const { violations, terminal, states } = explore(family, familyOptions);
    expect(violations).toEqual([]);
    expect(states).toBeGreaterThan(500);
    expect(terminal.compensated).toBeGreaterThan(0);
  });

  it('reaches a child that is taken back after it has completed', () => {
    type Seen = { effects(name: 'pack'): { undone: number } };
    const never = { name: 'never', check: (world: Seen) => world.effects('pack').undone === 0 };
    expect(found(explore(family, { ...familyOptions, maxFaults: 1, invariants: [never] }))).toBe(1);
  });

  it('reaches a child after the pivot that undid itself: its parent is parked', () => {
    const shop = contract('shop', { commit: { request: z.object({}) } });
    const saga = sagaOn<never>();
    const child = saga('child', { version: 1, input: z.object({}) })
      .sleep('nap', '1s')
      .build();
    const late = saga('late', { version: 1, input: z.object({}) })
      .pivot('commit', shop.commit, { with: () => ({}) })
      .child('more', child, { with: () => ({}) })
      .build();
    const { violations, terminal } = explore(late, { input: {}, maxFaults: 1, verbs: ['retry'] });
    expect(violations).toEqual([]);
    expect(terminal.parked).toBeGreaterThan(0);
    expect(terminal.completed).toBeGreaterThan(0);
  });

  it.each(familyMutants)('finds a machine that $fault', ({ parts, killedBy, withinStates }) => {
    const explored = exploreWith(family, familyOptions, { ...realParts, ...parts });
    expect(explored.violations.map(({ invariant }) => invariant)).toEqual([killedBy]);
    expect(explored.states).toBeLessThanOrEqual(withinStates);
  });
});
