import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { definitionHash } from '../../src/definition/definition-hash.js';
import type { ResolvedRetry } from '../../src/definition/retry-policy.js';
import type { SagaDefinition } from '../../src/definition/step-definition.js';
import { defineMigration } from '../../src/machine/define-migration.js';
import { isTerminal } from '../../src/machine/instance.js';
import { Drive } from './drive.js';
import { heal, play, randomMove } from './random-play.js';
import { randomSaga } from './random-saga.js';

vi.setConfig({ testTimeout: 60_000 });

/** The wait before a local step's next try is a hash of its name, which nobody else knows: it may change with the name. */
const randomStill = randomSaga.map((definition): SagaDefinition => {
  const stages = definition.stages.map((stage) =>
    stage.map((step) => ({ ...step, retry: still(step.retry), undoRetry: still(step.undoRetry) })),
  );
  return { ...definition, stages, steps: new Map(stages.flat().map((step) => [step.name, step])) };
});
const still = (retry: ResolvedRetry): ResolvedRetry => ({ ...retry, jitter: 'none' });

/** Another version of the same saga, in which each step has another name. */
function renamedAll(before: SagaDefinition): SagaDefinition {
  const stages = before.stages.map((stage) => stage.map((step) => ({ ...step, name: `new-${step.name}` })));
  const steps = new Map(stages.flat().map((step) => [step.name, step]));
  return { ...before, version: 2, hash: definitionHash(before.name, stages), stages, steps };
}

const renames = (from: SagaDefinition, to: SagaDefinition) =>
  Object.fromEntries([...from.steps.keys()].map((name, place) => [name, [...to.steps.keys()][place] ?? '']));

const sendsOf = (drive: Drive) => drive.takeCommands();

describe('whatever has happened to an instance, renaming all of its steps', () => {
  it('is never refused, and no participant can tell: the same commands with the same ids go out, then and ever after', () => {
    let migrated = 0;
    const moves = fc.array(randomMove, { maxLength: 25, size: 'max' });
    fc.assert(
      fc.property(randomStill, moves, moves, (definition, before, after) => {
        const stays = new Drive(definition).start();
        for (const move of before) play(stays, move);
        if (isTerminal(stays.instance.state.status)) return;
        const to = renamedAll(definition);
        const moved = stays.migrated(defineMigration(definition, to, { rename: renames(definition, to) as never }));
        migrated += 1;
        // Whoever was moved is looked at once; nothing of it is new to one that stood still.
        moved.after(0);
        stays.after(0);
        for (const move of after.filter(({ kind }) => kind !== 'again')) {
          play(stays, move);
          play(moved, move);
        }
        heal(stays);
        heal(moved);
        expect(sendsOf(moved)).toEqual(sendsOf(stays));
        expect(moved.status).toBe(stays.status);
        expect(moved.alerts).toEqual(stays.alerts.slice(stays.alerts.length - moved.alerts.length));
      }),
      { numRuns: 200 },
    );
    expect(migrated).toBeGreaterThan(50);
  });

  it('and naming them back leaves it as it was', () => {
    const moves = fc.array(randomMove, { maxLength: 25, size: 'max' });
    fc.assert(
      fc.property(randomStill, moves, (definition, inputs) => {
        const drive = new Drive(definition).start();
        for (const move of inputs) play(drive, move);
        if (isTerminal(drive.instance.state.status)) return;
        const to = renamedAll(definition);
        const there = drive.migrated(defineMigration(definition, to, { rename: renames(definition, to) as never }));
        const back = there.migrated(defineMigration(to, definition, { rename: renames(to, definition) as never }));
        const { goesOnAt: _, ...state } = back.instance.state;
        expect({ ...back.instance, state, seq: 0 }).toEqual({ ...drive.instance, seq: 0 });
      }),
      { numRuns: 200 },
    );
  });
});
