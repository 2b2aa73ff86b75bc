import type { ChildStepDefinition } from '../definition/step-definition.js';
import type { StartChild } from '../machine/effect.js';
import { heldKeys, newInstance, type SagaInstance } from '../machine/instance.js';
import { sentAs } from '../machine/sent-as.js';
import { childIdOf } from './command-message.js';
import type { Leg } from './leg.js';
import type { NewLetter, NewStoredInstance } from './saga-store.js';

/** A child before its first input, and the letter that is this input. */
export interface Born {
  readonly instance: SagaInstance;
  readonly letter: NewLetter;
  readonly bornAt: number;
}

/**
 * The child's row is written with its parent's, but its first step belongs to a leg of its own: it may run the author's code, which never shares
 * a transaction with another instance.
 */
export function bornChild({ definition, instance }: Leg, { step, round, key }: StartChild, now: number): Born {
  const { saga } = definition.steps.get(step) as ChildStepDefinition;
  const id = childIdOf(instance.id, key);
  // As JSON: no object is shared with the parent's bodies.
  const sent = instance.bodies[step]?.sent;
  const input = sent === undefined ? undefined : (JSON.parse(JSON.stringify(sent)) as unknown);
  return {
    instance: newInstance(saga, {
      id,
      input,
      now,
      parent: { sagaId: instance.id, step: sentAs(instance.state, step), round },
      inherited: heldKeys(instance.state),
    }),
    letter: { id: 'started', sagaId: id, input: { kind: 'started' } },
    bornAt: now,
  };
}

/** As the row that is written. It is found by the same tags as its parent. */
export function storedChild({ instance, bornAt }: Born, tags: Readonly<Record<string, string>>): NewStoredInstance {
  return { instance, entries: [], messages: [], wakeAt: bornAt, tags, startKey: null };
}
