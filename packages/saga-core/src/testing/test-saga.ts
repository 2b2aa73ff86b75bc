import { type AnyCommand, validate, violationsText } from '@backstitch/messaging';
import type { Saga } from '../definition/step-list.js';
import { SagaError } from '../errors.js';
import { coverageSink } from '../operations/coverage-sink.js';
import { type Reaction, type React, type Wait, waitMs } from './test-saga-reaction.js';
import { runScript } from './test-saga-run.js';
import {
  type ChildStub,
  checkCommand,
  childStepOf,
  functionStepOf,
  type LocalStubs,
  type Script,
  type StubContext,
  type StubUndoContext,
  type TestSagaOptions,
  type TestVerb,
  waitStepOf,
} from './test-saga-script.js';
import type { TestRun } from './test-saga-world.js';

/** A test of one saga. Every call answers a new one, so that tests may share a beginning. */
export interface SagaTest<Input, Steps, Output> {
  /** @throws SagaError INPUT_INVALID where the saga's schema refuses it. */
  given(input: Input): SagaTest<Input, Steps, Output>;
  /**
   * What a local or a call step answers: its output, or a function of what it sees, which may throw `StepDeclined` for a business "no" and anything
   * else for a technical failure; that of a call may `hang()`. `undo` is called where the step is undone.
   */
  local<K extends keyof Steps & string>(
    step: K,
    stub: Steps[K] | ((context: StubContext<Input, Steps>) => Steps[K] | Promise<Steps[K]>),
    undo?: (context: StubUndoContext<Input, Steps, Steps[K]>) => void | Promise<void>,
  ): SagaTest<Input, Steps, Output>;
  /** What becomes of a command: one reaction to every sending, or a function of the payload and the attempt. */
  when<C extends AnyCommand>(command: C, reaction: Reaction<C> | React<C>): SagaTest<Input, Steps, Output>;
  /** What becomes of a child: what it answers, or why it undoes itself; or a function of its input. It is not run: test it by itself. */
  child<K extends keyof Steps & string>(
    step: K,
    stub: ChildStub<Steps[K]> | ((input: unknown) => ChildStub<Steps[K]>),
  ): SagaTest<Input, Steps, Output>;
  /** A signal for a `waitFor` step, so long after the start. */
  signal<K extends keyof Steps & string>(time: Wait, step: K, body: Steps[K]): SagaTest<Input, Steps, Output>;
  /** An operator's word, so long after the start. */
  at(time: Wait, verb: TestVerb): SagaTest<Input, Steps, Output>;
  /**
   * Runs it in the test's own time, in milliseconds of real time.
   *
   * @throws SagaError OPTION_INVALID where a step is reached that nobody speaks for, CONTRACT_BROKEN where a reaction breaks its contract,
   * RESULT_TIMEOUT where it does not come to rest.
   */
  run(): Promise<TestRun<Steps, Output>>;
}

/**
 * A saga under test, without a server: the real machine, the real rules of the fence, and time that jumps. Commands without a reply that
 * no `when` speaks of succeed, so that undos need no word.
 */
export function testSaga<Input, Steps, Output>(
  saga: Saga<Input, Steps, Output>,
  options: TestSagaOptions = {},
): SagaTest<Input, Steps, Output> {
  return faceOf({
    definition: saga,
    options,
    input: null,
    locals: new Map(),
    reactions: new Map(),
    children: new Map(),
    verbs: [],
    signals: [],
  });
}

function faceOf<Input, Steps, Output>(script: Script): SagaTest<Input, Steps, Output> {
  const { definition } = script;
  return {
    given: (value) => faceOf({ ...script, input: { value: checkedInput(script, value) } }),
    local: (step, run, undo) => {
      functionStepOf(definition, step);
      const stubs = { run, undo: (undo as LocalStubs['undo'] | undefined) ?? null };
      return faceOf({ ...script, locals: new Map([...script.locals, [step, stubs]]) });
    },
    when: (command, reaction) => {
      checkCommand(definition, command);
      const said = reaction as Reaction<AnyCommand> | React<AnyCommand>;
      return faceOf({ ...script, reactions: new Map([...script.reactions, [command.name, said]]) });
    },
    child: (step, stub) => {
      childStepOf(definition, step);
      return faceOf({ ...script, children: new Map([...script.children, [step, stub as ChildStub<unknown>]]) });
    },
    signal: (time, step, body) => {
      const checked = validate(waitStepOf(definition, step).signal, body);
      if (checked.kind === 'invalid') {
        throw new SagaError('SIGNAL_INVALID', `the signal for '${step}' does not fit its schema`, {
          fields: { saga: definition.name, step, violations: checked.violations },
        });
      }
      const signal = { atMs: waitMs(time, `time of the signal '${step}'`), step, body: checked.value };
      return faceOf({ ...script, signals: [...script.signals, signal] });
    },
    at: (time, verb) =>
      faceOf({ ...script, verbs: [...script.verbs, { atMs: waitMs(time, `time of '${verb.kind}'`), verb }] }),
    run: async () => {
      if (script.input === null) {
        throw new SagaError('OPTION_INVALID', `the test of saga '${definition.name}' has no input`, {
          hint: 'add .given(input)',
        });
      }
      const run = await runScript(script, script.input.value);
      coverageSink()?.add(definition, run);
      return run as unknown as TestRun<Steps, Output>;
    },
  };
}

function checkedInput({ definition }: Script, value: unknown): unknown {
  const checked = validate(definition.input, value);
  if (checked.kind === 'valid') return checked.value;
  const violations = violationsText(checked.violations);
  throw new SagaError(
    'INPUT_INVALID',
    `the input of saga '${definition.name}' does not fit its schema: ${violations}`,
    {
      fields: { saga: definition.name, violations: checked.violations },
    },
  );
}
