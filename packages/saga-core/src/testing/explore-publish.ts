import type { SendCommand } from '../machine/effect.js';
import type { SagaInput } from '../machine/saga-input.js';
import { type Leg, runLeg, tellLeg } from './explore-leg.js';
import { type Line, lostArrow, type Move, note } from './explore-move.js';
import type { ExplorePlan } from './explore-plan.js';
import { commandLetter, inputLetter, type Letter, type Row, type World } from './explore-world.js';

export interface Given {
  readonly input: SagaInput;
  readonly heading: readonly Line[];
}

/** The engine takes an input and saves what comes of it, in every way in which that may go. */
export function inputMoves(plan: ExplorePlan, world: World, { input, heading }: Given): Move[] {
  if (world.faults > plan.maxFaults) return [];
  return runLeg(plan, world, input).flatMap((leg) => publishings(plan, leg, heading));
}

/** Every way in which a saved leg's commands may leave: all at once, or with one fault of the relay's or the broker's. */
function publishings(plan: ExplorePlan, leg: Leg, heading: readonly Line[]): readonly Move[] {
  const { world, sends, applied } = leg;
  const tell = (more: readonly Line[]) => (): readonly Line[] => [...heading, ...tellLeg(plan, leg), ...more];
  const moves: Move[] = [{ after: leaving(world, sends), applied, tell: tell([]) }];
  if (sends.length === 0 || world.faults >= plan.maxFaults) return moves;
  const names = sends.map(sendingOf).join(', ');
  moves.push({
    after: kept(faulty(world), sends, 'waiting'),
    applied,
    tell: tell([note('broker', `the relay is down: ${names} stay in the outbox`)]),
  });
  moves.push({
    after: kept(faulty(leaving(world, sends)), sends, 'inDoubt'),
    applied,
    tell: tell([note('broker', `the relay sends ${names} and dies before it can say so`)]),
  });
  for (const send of sends) {
    moves.push({
      after: refused(
        leaving(
          faulty(world),
          sends.filter((other) => other !== send),
        ),
        send,
      ),
      applied,
      tell: tell([lostArrow(plan.definition.name, 'broker', `${sendingOf(send)} is refused for good`)]),
    });
  }
  return moves;
}

export function faulty(world: World): World {
  return { ...world, faults: world.faults + 1 };
}

export function sendingOf({ command, step, direction, attempt }: SendCommand): string {
  return `${command} (${step} ${direction}, attempt ${attempt})`;
}

/** One command is one row: a resend takes the place of what the outbox still held of it. */
export function leaving(world: World, sends: readonly SendCommand[]): World {
  if (sends.length === 0) return world;
  const rows = world.rows.filter(({ command }) => !sends.some((send) => send.commandId === command.commandId));
  return { ...world, rows, letters: [...world.letters, ...sends.map(commandLetter)] };
}

function kept(world: World, sends: readonly SendCommand[], state: Row['state']): World {
  const rows = world.rows.filter(({ command }) => !sends.some((send) => send.commandId === command.commandId));
  return { ...world, rows: [...rows, ...sends.map((command) => ({ state, command }))] };
}

function refused(world: World, send: SendCommand): World {
  const { step, round, direction } = send;
  const message = 'the broker will not take it';
  const letter: Letter = inputLetter({ kind: 'notSent', step, round, direction, code: 'MESSAGE_TOO_LARGE', message });
  return { ...kept(world, [send], 'refused'), letters: [...world.letters, letter] };
}
