import { commandId, encodeJson } from '@backstitch/messaging';
import { lockKeysFor } from '../definition/saga-locks.js';
import { outcomeOfThrown } from '../engine/thrown-outcome.js';
import { SagaError } from '../errors.js';
import { contextOf } from '../machine/author.js';
import { copyJson } from '../machine/copy-json.js';
import { withMore } from '../machine/with-more.js';
import { openDraft } from '../machine/draft.js';
import type { SendCommand, StartCall } from '../machine/effect.js';
import { stepStateOf } from '../machine/instance.js';
import type { LocalOutcome, SagaInput } from '../machine/saga-input.js';
import { wakeAt } from '../machine/wake-at.js';
import { answerTo } from './test-saga-answer.js';
import { Hanging } from './test-saga-hang.js';
import { engageChild } from './test-saga-child.js';
import { functionStepOf, type Script } from './test-saga-script.js';
import { apply, type Coming, openWorld, resultOf, type TestRun, type World } from './test-saga-world.js';

/** Runs a script until it is over, or parked or paused with nothing to come. Time is the test's own: it jumps to what comes next. */
export async function runScript(script: Script, input: unknown): Promise<TestRun<Record<string, unknown>, unknown>> {
  const world = openWorld(script, input);
  for (const { atMs, verb } of script.verbs) {
    world.coming.push({ at: atMs, kind: 'input', input: { actor: 'test', reason: 'test', ...verb } });
  }
  for (const { atMs, step, body } of script.signals) {
    world.coming.push({ at: atMs, kind: 'input', input: { kind: 'signalled', step, id: `${step}@${atMs}`, body } });
  }
  const { locks, name } = script.definition;
  const keys = locks === null ? [] : lockKeysFor(name, locks, input);
  // One instance only: nobody else is there to hold them.
  await runLeg(world, { kind: 'started', ...(keys.length === 0 ? {} : { locks: { keys, status: 'held' } }) });
  for (let next = takeNext(world); next !== undefined; next = takeNext(world)) {
    world.nowMs = Math.max(world.nowMs, next.at);
    if (next.kind === 'input') await runLeg(world, next.input);
    else if (next.kind === 'delivery') await deliver(world, next);
    else await sayLater(world, next);
  }
  return resultOf(world);
}

/** What comes first; of two at one moment a message comes before a deadline, and the one sent first before the other. */
function takeNext(world: World): Coming | undefined {
  const first = world.coming.reduce<Coming | undefined>(
    (best, each) => (best === undefined || each.at < best.at ? each : best),
    undefined,
  );
  const wake = wakeAt(world.instance.state, world.nowMs);
  if (wake !== null && (first === undefined || wake < first.at)) {
    return { at: wake, kind: 'input', input: { kind: 'deadlineReached', unsent: [] } };
  }
  world.coming = world.coming.filter((each) => each !== first);
  return first;
}

/** An input and all that follows from it in one transaction; only then its messages leave. */
async function runLeg(world: World, input: SagaInput): Promise<void> {
  apply(world, input);
  for (let question = world.questions.shift(); question !== undefined; question = world.questions.shift()) {
    if (question.kind === 'withdrawCommands') {
      const { commandIds } = question;
      const taken = world.outbox.filter((command) => commandIds.includes(command.commandId));
      world.outbox = world.outbox.filter((command) => !taken.includes(command));
      apply(world, { kind: 'withdrawn', commandIds: taken.map((command) => command.commandId) });
    } else if (isWanted(world, question)) {
      const outcome = await runFunction(world, question);
      if (outcome === 'hangs') throw hangsInTransaction(world, question.step);
      apply(world, { kind: 'localFinished', step: question.step, direction: question.direction, outcome });
    }
  }
  const leaving = world.outbox;
  world.outbox = [];
  for (const command of leaving) send(world, command);
  const calls = world.calls;
  world.calls = [];
  for (const call of calls) await makeCall(world, call);
  const { engaged } = world;
  world.engaged = [];
  for (const each of engaged) engageChild(world, each);
}

/** A call takes no time of the test's, and its answer comes next. */
async function makeCall(world: World, { step, round, direction, attempt }: StartCall): Promise<void> {
  const outcome = await runFunction(world, { step, direction });
  // Its lease will end.
  if (outcome === 'hangs') return;
  const input = { kind: 'callFinished', step, round, direction, attempt, outcome } as const;
  world.coming.push({ at: world.nowMs, kind: 'input', input });
}

function send(world: World, command: SendCommand): void {
  const { step, round, direction, attempt } = command;
  world.sent.push({ step, command: command.command, direction, attempt, payload: command.data, at: world.nowMs });
  const answered = answerTo(world.script, command);
  const { delivery } = answered;
  switch (delivery.kind) {
    case 'lost':
      return;
    case 'refused': {
      const { code, message } = delivery;
      world.coming.push({
        at: world.nowMs,
        kind: 'input',
        input: { kind: 'notSent', step, round, direction, code, message },
      });
      return;
    }
    case 'delivered':
      for (let copy = 0; copy < delivery.copies; copy += 1) {
        world.coming.push({ at: world.nowMs + delivery.afterMs, kind: 'delivery', command, answered });
      }
      return;
    default:
      delivery satisfies never;
  }
}

async function deliver(world: World, { command, answered }: Coming & { readonly kind: 'delivery' }): Promise<void> {
  const { answer: outcome, ran } = await world.fences.meet(command, answered.run);
  if (answered.delivery.kind !== 'delivered' || answered.delivery.answerAfterMs === null) return;
  const { step, round, direction, attempt } = command;
  const at = world.nowMs + answered.delivery.answerAfterMs;
  for (const { afterMs, answer: said } of ran ? (answered.delivery.later?.said ?? []) : [])
    world.coming.push({ at: world.nowMs + afterMs, kind: 'later', command, said });
  world.coming.push({ at, kind: 'input', input: { kind: 'replied', step, round, direction, attempt, outcome } });
}

/** Whoever works on an accepted command says something; where it was undone meanwhile, nobody hears it. */
async function sayLater(world: World, { command, said }: Coming & { readonly kind: 'later' }): Promise<void> {
  const attempt = world.fences.later(command, said);
  if (attempt === undefined) return;
  const { step, round, direction } = command;
  await runLeg(world, { kind: 'replied', step, round, direction, attempt, outcome: said });
}

/** Whose function, and which of its two. */
type Asked = Pick<Local, 'step' | 'direction'>;
type Local = Extract<World['questions'][number], { readonly kind: 'runLocal' }>;

/** A sibling's failure may have ended what was asked a moment ago. */
function isWanted({ instance }: World, { step, direction }: Local): boolean {
  if (instance.state.parked !== undefined) return false;
  return stepStateOf(instance.state, step).status === (direction === 'do' ? 'dispatched' : 'compensating');
}

async function runFunction(world: World, question: Asked): Promise<LocalOutcome | 'hangs'> {
  const call = functionOf(world, question);
  try {
    const output = await call();
    if (question.direction === 'undo' || output === undefined) return { kind: 'succeeded' };
    encodeJson(output, { what: `output of step '${question.step}'` });
    return { kind: 'succeeded', output };
  } catch (error) {
    if (error instanceof Hanging) return 'hangs';
    return outcomeOfThrown(error);
  }
}

function hangsInTransaction({ script }: World, step: string): SagaError {
  return new SagaError('OPTION_INVALID', `local step '${step}' hangs, which is for calls`, {
    fields: { saga: script.definition.name, step },
    hint: 'a local step answers or throws: nobody waits for its transaction from outside',
  });
}

/** The stub, else the author's own function. A step with neither ends the test: that is the test's mistake and no outcome. */
function functionOf({ script, instance, nowMs }: World, { step, direction }: Asked): () => unknown {
  const { definition, locals, options } = script;
  const definedAs = functionStepOf(definition, step);
  const context = contextOf(openDraft(definition, instance, nowMs));
  const attempt = stepStateOf(instance.state, step).pace?.attempt ?? 1;
  const { failure = { step: '', code: '', message: '' } } = instance.state;
  const undoing = withMore(context, { output: copyJson(instance.bodies[step]?.output), failure });
  const stub = locals.get(step);
  if (stub !== undefined && direction === 'undo') return () => stub.undo?.({ ...undoing, attempt });
  if (stub !== undefined) return () => (typeof stub.run === 'function' ? stub.run({ ...context, attempt }) : stub.run);
  if (definedAs.kind === 'call') {
    const { round } = stepStateOf(instance.state, step);
    const extras = {
      idempotencyKey: commandId({ sagaId: instance.id, step, item: null, round, direction }),
      signal: new AbortController().signal,
      heartbeat: () => undefined,
    };
    return () =>
      direction === 'do' ? definedAs.run({ ...context, ...extras }) : definedAs.compensate?.({ ...undoing, ...extras });
  }
  const { run, compensate } = definedAs;
  if (!('trx' in options)) {
    throw new SagaError('OPTION_INVALID', `local step '${step}' of saga '${definition.name}' has no stub`, {
      fields: { saga: definition.name, step },
      hint: `add .local('${step}', output), or run it for real: testSaga(saga, { trx })`,
    });
  }
  const trx = options.trx as never;
  return () => (direction === 'do' ? run({ ...context, trx }) : compensate?.({ ...undoing, trx }));
}
