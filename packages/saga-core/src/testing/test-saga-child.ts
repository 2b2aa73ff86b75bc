import { SagaError } from '../errors.js';
import { stepStateOf } from '../machine/instance.js';
import type { ChildOutcome } from '../machine/saga-input.js';
import { waitMs } from './test-saga-reaction.js';
import { type ChildStub, childStepOf } from './test-saga-script.js';
import type { Engaged, World } from './test-saga-world.js';

/** Begins a child, or turns it back: its stub says what becomes of it, and what it had still to say is not said any more. */
export function engageChild(world: World, effect: Engaged): void {
  const { step } = effect;
  const { round } = stepStateOf(world.instance.state, step);
  const comes = (outcome: ChildOutcome, at: number): void => {
    world.coming.push({ at, kind: 'input', input: { kind: 'childFinished', step, round, outcome } });
  };
  if (effect.kind === 'undoChild') {
    world.coming = world.coming.filter(
      (each) => each.kind !== 'input' || each.input.kind !== 'childFinished' || each.input.step !== step,
    );
    const { code, message } = effect.failure;
    comes({ kind: 'compensated', failure: { step: '', code, message } }, world.nowMs);
    return;
  }
  const input = world.instance.bodies[step]?.sent;
  const { saga } = childStepOf(world.script.definition, step);
  world.children.push({ step, saga: saga.name, input, at: world.nowMs });
  const stub = stubOf(world, step, input);
  const afterMs = waitMs(stub.after ?? 0, `after of the child '${step}'`);
  comes(outcomeOf(stub), world.nowMs + afterMs);
}

function stubOf({ script }: World, step: string, input: unknown): ChildStub<unknown> {
  const said = script.children.get(step);
  const stub = typeof said === 'function' ? said(input) : said;
  if (stub !== undefined) return stub;
  throw new SagaError('OPTION_INVALID', `nobody says what becomes of the child '${step}'`, {
    fields: { saga: script.definition.name, step },
    hint: `add .child('${step}', { output: … }) or { compensated: { code: … } }`,
  });
}

function outcomeOf(stub: ChildStub<unknown>): ChildOutcome {
  if ('output' in stub) {
    return stub.output === undefined ? { kind: 'completed' } : { kind: 'completed', output: stub.output };
  }
  const { code, message = code } = stub.compensated;
  return { kind: 'compensated', failure: { step: '', code, message } };
}
