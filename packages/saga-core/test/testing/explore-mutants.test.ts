import { describe, expect, it, vi } from 'vitest';
import { exploreWith } from '../../src/testing/explore.js';
import { realParts } from '../../src/testing/explore-plan.js';
import { exploredOrder } from './explored-order.js';
import { forwardMutants } from './mutants/forward-mutants.js';
import { participantMutants } from './mutants/participant-mutants.js';
import { undoMutants } from './mutants/undo-mutants.js';
import { placeOrder } from './place-order.js';

// A busy machine may take long; how long is not what is tested.
vi.setConfig({ testTimeout: 60_000 });

const mutants = [...undoMutants, ...forwardMutants, ...participantMutants];

describe('exploring the order saga finds a machine that', () => {
  it.each(mutants)('$fault', ({ parts, killedBy, withinStates, maxAttempts = 2 }) => {
    const { violations, states } = exploreWith(
      placeOrder,
      { ...exploredOrder, maxAttempts },
      { ...realParts, ...parts },
    );
    expect(violations.map(({ invariant }) => invariant)).toEqual([killedBy]);
    expect(states).toBeLessThanOrEqual(withinStates);
  });
});
