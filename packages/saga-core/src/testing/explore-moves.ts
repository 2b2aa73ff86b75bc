import type { SendCommand } from '../machine/effect.js';
import { isTerminal } from '../machine/instance.js';
import type { SagaInput } from '../machine/saga-input.js';
import { runLeg } from './explore-leg.js';
import { arrow, type Line, lostArrow, type Move, note } from './explore-move.js';
import { callMoves } from './explore-call.js';
import { childMoves } from './explore-child.js';
import { clockMoves } from './explore-clock.js';
import { laterMoves } from './explore-later.js';
import { afterMeeting, meet } from './explore-participant.js';
import { verbMoves } from './explore-operator.js';
import type { ExplorePlan } from './explore-plan.js';
import { faulty, type Given, inputMoves, leaving, sendingOf } from './explore-publish.js';
import { inputLetter, type Letter, type LetterInput, without, type World } from './explore-world.js';

/** Everything that may happen next, in an order that depends on the world alone. */
export function movesFrom(plan: ExplorePlan, world: World): readonly Move[] {
  const moves =
    world.instance.seq === 0
      ? inputMoves(plan, world, { input: { kind: 'started' }, heading: [] })
      : [
          ...letterMoves(plan, world),
          ...relayMoves(plan, world),
          ...callMoves(plan, world),
          ...childMoves(plan, world),
          ...clockMoves(plan, world),
          ...laterMoves(plan, world),
          ...signalMoves(plan, world),
          ...verbMoves(plan, world),
        ];
  return moves.filter(({ after }) => after.faults <= plan.maxFaults);
}

/** A leg that is lost leaves nothing, and its input comes again. */
function lostLegMoves(plan: ExplorePlan, world: World, { input, heading }: Given): Move[] {
  return runLeg(plan, world, input).map((leg) => ({
    after: leaving(faulty(world), plan.parts.sentByLostLeg(leg.sends)),
    applied: [],
    tell: () => [...heading, note(plan.definition.name, 'the process dies before the commit, or a rival saved first')],
  }));
}

function letterMoves(plan: ExplorePlan, world: World): Move[] {
  const distinct = world.letters.filter(
    (letter, index, all) => all.findIndex(({ key }) => key === letter.key) === index,
  );
  return distinct.flatMap((letter) =>
    letter.kind === 'command' ? commandMoves(plan, world, letter) : answerMoves(plan, world, letter),
  );
}

function commandMoves(plan: ExplorePlan, world: World, letter: Letter & { readonly kind: 'command' }): Move[] {
  const { command } = letter;
  const saga = plan.definition.name;
  const taken = { ...world, letters: without(world.letters, letter) };
  const sent = arrow(saga, command.participant, sendingOf(command));
  const moves = meet(plan, world, command).flatMap((met): Move[] => {
    const reply = inputLetter(replyTo(command, met.outcome));
    const answered = afterMeeting(taken, command, met);
    const after = { ...answered, letters: [...answered.letters, reply] };
    const lines = [sent, note(command.participant, met.told)];
    const delivered: Move = { after, applied: [], tell: () => lines };
    if (met.isFault || world.faults >= plan.maxFaults) return [delivered];
    const again = faulty({ ...after, letters: [...after.letters, letter] });
    const redelivered = note(command.participant, 'dies after the commit, before its offset: the command comes again');
    return [delivered, { after: again, applied: [], tell: () => [...lines, redelivered] }];
  });
  const lost = lostArrow(saga, command.participant, `${sendingOf(command)} is lost`);
  return [...moves, { after: faulty(taken), applied: [], tell: () => [lost] }];
}

function replyTo(
  { step, round, direction, attempt, participant }: SendCommand,
  outcome: Extract<LetterInput, { readonly kind: 'replied' }>['outcome'],
): LetterInput {
  return { kind: 'replied', step, round, direction, attempt, from: participant, outcome };
}

function answerMoves(plan: ExplorePlan, world: World, letter: Letter & { readonly kind: 'input' }): Move[] {
  const { input } = letter;
  const taken = { ...world, letters: without(world.letters, letter) };
  const line = answerLine(plan, input);
  const moves = inputMoves(plan, taken, { input, heading: [line] });
  // What the broker refused stands in the database, and so does its news: neither can be lost.
  if (input.kind === 'notSent' || world.faults >= plan.maxFaults) return moves;
  // A child and its parent write to each other in the database.
  if (input.kind === 'childFinished') return [...moves, ...lostLegMoves(plan, world, { input, heading: [line] })];
  const lost = lostArrow(line.from, line.to, `${line.text} is lost`);
  moves.push({ after: faulty(taken), applied: [], tell: () => [lost] });
  if (input.kind === 'callFinished') return moves;
  const again = note(plan.definition.name, 'dies after the commit, before its offset: the answer comes again');
  moves.push(...inputMoves(plan, faulty(world), { input, heading: [line, again] }));
  moves.push(...lostLegMoves(plan, world, { input, heading: [line] }));
  return moves;
}

function answerLine({ definition }: ExplorePlan, input: LetterInput): Line & { readonly kind: 'arrow' } {
  if (input.kind === 'childFinished') {
    const { name } = definition;
    return { kind: 'arrow', from: name, to: name, text: `child ${input.step} has ${input.outcome.kind}` };
  }
  const { kind, step, direction } = input;
  const said = kind === 'notSent' ? 'not sent' : `attempt ${input.attempt} ${input.outcome.kind}`;
  const from = kind === 'replied' ? (input.from ?? 'broker') : kind === 'notSent' ? 'broker' : definition.name;
  return { kind: 'arrow', from, to: definition.name, text: `${step} ${direction} ${said}` };
}

function relayMoves({ definition }: ExplorePlan, world: World): Move[] {
  const idle = world.rows.filter(({ state }) => state !== 'refused');
  return idle.map(({ command }) => ({
    after: leaving(world, [command]),
    applied: [],
    tell: () => [note('broker', `the relay of ${definition.name} sends ${sendingOf(command)} from the outbox`)],
  }));
}

/** A signal may come before its step waits for it, and twice. */
function signalMoves(plan: ExplorePlan, world: World): Move[] {
  if (isTerminal(world.instance.state.status)) return [];
  const waiting = [...plan.definition.steps.values()].filter(({ kind }) => kind === 'wait');
  return waiting.flatMap(({ name }) => {
    const isSecond = world.signalled.includes(name);
    const given = isSecond ? faulty(world) : { ...world, signalled: [...world.signalled, name] };
    const input: SagaInput = { kind: 'signalled', step: name, id: name, body: plan.outputs[name] };
    return inputMoves(plan, given, { input, heading: [arrow('operator', plan.definition.name, `signal ${name}`)] });
  });
}
