import { describe, expect, it, vi } from 'vitest';
import { exploreWith } from '../../src/testing/explore.js';
import { realParts } from '../../src/testing/explore-plan.js';
import { bounded, boundedOutputs } from './bounded-saga.js';
import { exploredOrder } from './explored-order.js';
import { forwardMutants } from './mutants/forward-mutants.js';
import { participantMutants } from './mutants/participant-mutants.js';
import { operatorMutants, outputMutants } from './mutants/operator-mutants.js';
import { undoMutants } from './mutants/undo-mutants.js';
import { placeOrder } from './place-order.js';

// A busy machine may take long; how long is not what is tested.
vi.setConfig({ testTimeout: 60_000 });

const mutants = [...undoMutants, ...forwardMutants, ...participantMutants, ...outputMutants];

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

describe('exploring what an operator may say finds a machine that', () => {
  it.each(operatorMutants)('$fault', ({ parts, killedBy, withinStates }) => {
    const { violations, states } = exploreWith(
      bounded,
      { input: {}, outputs: boundedOutputs, verbs: ['skip', 'resolve'] },
      { ...realParts, ...parts },
    );
    expect(violations.map(({ invariant }) => invariant)).toEqual([killedBy]);
    expect(states).toBeLessThanOrEqual(withinStates);
  });
});
