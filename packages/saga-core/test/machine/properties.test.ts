import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { SagaDefinition, StepDefinition } from '../../src/definition/step-definition.js';
import { type InstanceState, isTerminal, stepStateOf } from '../../src/machine/instance.js';
import type { Direction } from '../../src/machine/saga-input.js';
import { splitKey } from '../../src/machine/unit.js';
import { transition } from '../../src/machine/transition.js';
import { Drive } from './drive.js';
import { heal, play, randomMove } from './random-play.js';
import { randomSaga } from './random-saga.js';

const numRuns = 200;
// A busy machine may take long over so many histories; how long is not what is tested.
vi.setConfig({ testTimeout: 60_000 });

/** A random saga under random inputs. fast-check prints the seed and the smallest history that breaks a property. */
function holds(property: (drive: Drive) => void): void {
  const moves = fc.array(randomMove, { maxLength: 40, size: 'max' });
  fc.assert(
    fc.property(randomSaga, moves, (definition, inputs) => {
      const drive = new Drive(definition).start();
      for (const move of inputs) play(drive, move);
      property(drive);
    }),
    { numRuns },
  );
}

/** A fact, with the states around the transition that decided it. */
function* facts(drive: Drive) {
  for (const { before, moved } of drive.history) {
    if (moved.kind !== 'moved') continue;
    for (const event of moved.entry.events) yield { event, before: before.state, after: moved.instance.state };
  }
}

function* sends(drive: Drive) {
  for (const { moved, input } of drive.history) {
    if (moved.kind === 'discarded' || moved.kind === 'refused') continue;
    for (const effect of moved.effects) {
      if (effect.kind === 'sendCommand') yield { sent: effect, input, after: moved.instance.state };
    }
  }
}

const statusOf = (state: InstanceState, step: StepDefinition): string => stepStateOf(state, step.name).status;
const stepsOf = (definition: SagaDefinition): readonly StepDefinition[] => [...definition.steps.values()];
/** Of an item the step whose item it is. */
const stepOf = (definition: SagaDefinition, key: string): StepDefinition | undefined =>
  definition.steps.get(splitKey(key).step);
const pivotOf = (definition: SagaDefinition): StepDefinition | undefined =>
  stepsOf(definition).find(({ phase }) => phase === 'pivot');

describe('whatever happens to a saga', () => {
  it('nothing throws, the journal tells the same story, and a live instance has a finite wake time (the driver checks after each input)', () => {
    let moved = 0;
    holds((drive) => {
      moved += drive.journal.length;
    });
    expect(moved).toBeGreaterThan(numRuns);
  });

  it('the same input has the same outcome, and what was given is not written into', () => {
    holds((drive) => {
      for (const { before, input, now, moved } of drive.history)
        expect(transition(drive.definition, before, input, now)).toEqual(moved);
    });
  });

  it('what is terminal is final', () => {
    holds((drive) => {
      for (const { before, moved } of drive.history) {
        if (isTerminal(before.state.status)) expect(['discarded', 'refused']).toContain(moved.kind);
      }
    });
  });

  it('a step is sent only after all before it have succeeded or were skipped', () => {
    holds((drive) => {
      for (const { sent, after } of sends(drive)) {
        if (sent.direction === 'undo') continue;
        const stage = stepOf(drive.definition, sent.step)?.stage ?? 0;
        for (const step of stepsOf(drive.definition)) {
          if (step.stage < stage) expect(['succeeded', 'skipped']).toContain(statusOf(after, step));
        }
      }
    });
  });

  it('nothing forward is sent any more once it turns back', () => {
    holds((drive) => {
      for (const { sent, after } of sends(drive))
        if (sent.direction === 'do') expect(after.status).not.toBe('compensating');
    });
  });

  it('undo goes backwards: unknown steps first, nothing while a later stage still stands', () => {
    holds((drive) => {
      for (const { event, before, after } of facts(drive)) {
        if (event.kind !== 'undoDispatched') continue;
        const step = stepOf(drive.definition, event.step);
        if (step === undefined || stepStateOf(before, event.step).status !== 'succeeded') continue;
        for (const other of stepsOf(drive.definition)) {
          expect(statusOf(after, other)).not.toBe('unknown');
          if (other.stage > step.stage)
            expect(['succeeded', 'dispatched', 'compensating']).not.toContain(statusOf(after, other));
        }
      }
    });
  });

  it('nothing is undone past a committed pivot, and nothing while the pivot is open', () => {
    holds((drive) => {
      const pivot = pivotOf(drive.definition);
      if (pivot === undefined) return;
      for (const { event, after } of facts(drive)) {
        if (event.kind === 'undoDispatched' || event.kind === 'compensationStarted') {
          expect(['pending', 'declined']).toContain(statusOf(after, pivot));
        }
      }
    });
  });

  it('a command is sent no more often than its policy and the operator’s retries allow', () => {
    holds((drive) => {
      const retries = drive.history.filter(
        ({ input, moved }) => input.kind === 'retry' && moved.kind !== 'refused',
      ).length;
      const counts = new Map<string, number>();
      for (const { sent } of sends(drive)) {
        const policy = policyOf(drive.definition, sent.step, sent.direction);
        const count = (counts.get(sent.commandId) ?? 0) + 1;
        counts.set(sent.commandId, count);
        expect(sent.attempt).toBe(count);
        if (policy !== null) expect(count).toBeLessThanOrEqual(policy * (1 + retries));
      }
    });
  });

  it('a resend carries what was sent first', () => {
    holds((drive) => {
      const first = new Map<string, unknown>();
      for (const { sent } of sends(drive)) {
        const { attempt: _, ...carried } = sent;
        if (!first.has(sent.commandId)) first.set(sent.commandId, carried);
        expect(carried).toEqual(first.get(sent.commandId));
      }
    });
  });

  it('completed: no undo was sent, every step succeeded or was skipped', () => {
    holds((drive) => {
      if (drive.status !== 'completed') return;
      expect([...facts(drive)].some(({ event }) => event.kind === 'undoDispatched')).toBe(false);
      for (const step of stepsOf(drive.definition)) expect(['succeeded', 'skipped']).toContain(drive.step(step.name));
    });
  });

  it('compensated: every step that succeeded or is unknown was undone, or had nothing to undo, or was never sent', () => {
    holds((drive) => {
      heal(drive);
      if (drive.status !== 'compensated') return;
      const events = [...facts(drive)].map(({ event }) => event);
      for (const event of events) {
        if (event.kind !== 'stepSucceeded' && event.kind !== 'stepUnknown') continue;
        const isTakenBack = events.some(
          (each) => each.kind === 'stepSkipped' && each.step === event.step && each.why === 'withdrawn',
        );
        const step = stepOf(drive.definition, event.step);
        // A list is undone by its items.
        const isList = step?.kind === 'each' && step.name === event.step;
        if (isTakenBack || isList) continue;
        const isGivenUp = events.some((each) => each.kind === 'compensationGivenUp' && each.step === event.step);
        expect(drive.step(event.step)).toBe(isGivenUp ? 'notCompensated' : 'compensated');
        const isFenced = event.kind === 'stepUnknown' && step?.kind !== 'call';
        const hasUndo = step?.compensate !== null || step.kind === 'child' || isFenced;
        expect(events.some((each) => each.kind === 'undoDispatched' && each.step === event.step)).toBe(hasUndo);
      }
    });
  });

  it('when faults heal and the operator helps, it comes to an end', () => {
    holds((drive) => {
      heal(drive);
      expect(['completed', 'compensated']).toContain(drive.status);
    });
  });

  it('the histories reach every status, so that the properties above say something', () => {
    const seen = new Set<string>();
    holds((drive) => {
      for (const { before } of drive.history) {
        seen.add(before.state.pausedAt === undefined ? before.state.status : 'paused');
        for (const step of stepsOf(drive.definition)) seen.add(`step ${statusOf(before.state, step)}`);
      }
    });
    for (const status of ['running', 'compensating', 'completed', 'compensated', 'parked', 'paused'])
      expect(seen).toContain(status);
    for (const status of [
      'pending',
      'dispatched',
      'succeeded',
      'declined',
      'unknown',
      'skipped',
      'compensating',
      'compensated',
      'notCompensated',
    ]) {
      expect(seen).toContain(`step ${status}`);
    }
  });
});

function policyOf(definition: SagaDefinition, name: string, direction: Direction): number | null {
  const step = stepOf(definition, name);
  return (direction === 'do' ? step?.retry : step?.undoRetry)?.attempts ?? null;
}
