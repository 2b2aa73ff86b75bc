import type { NewOutboxRow } from '@backstitch/outbox';
import type { SagaDefinition } from '../definition/step-definition.js';
import type { Effect, StartCall } from '../machine/effect.js';
import type { SagaInstance } from '../machine/instance.js';
import type { JournalEntry } from '../machine/journal-event.js';
import type { SagaInput } from '../machine/saga-input.js';
import { stepSentAs } from '../machine/sent-as.js';
import { transition } from '../machine/transition.js';
import { checkContract } from './check-contract.js';
import { type Born, bornChild } from './born-child.js';
import { childIdOf, commandMessage, type Sender } from './command-message.js';
import type { NewLetter } from './saga-store.js';

/** What has become of an instance within one transaction: nothing of it is written yet. */
export interface Leg {
  readonly definition: SagaDefinition;
  instance: SagaInstance;
  readonly entries: JournalEntry[];
  /** By row id: a command that is sent twice in one leg is one row. */
  readonly messages: Map<string, NewOutboxRow>;
  /** Effects that ask for an answer within the transaction: a local function to run, commands to take back, the queues to look at. */
  readonly questions: Question[];
  readonly notices: Notice[];
  /** To be made once all of this is committed. */
  readonly calls: StartCall[];
  /** Children that begin with it. */
  readonly born: Born[];
  /** To its children, and to whose step it is. */
  readonly letters: NewLetter[];
  readonly discarded: { readonly step: string; readonly reason: string }[];
  changed: boolean;
}

export type Question = Extract<Effect, { readonly kind: 'runLocal' | 'withdrawCommands' | 'takeLocks' | 'checkLocks' }>;
/** For others to know after the commit. */
export type Notice = Extract<Effect, { readonly kind: 'finished' | 'alert' }>;

export function openLeg(definition: SagaDefinition, instance: SagaInstance): Leg {
  return {
    definition,
    instance,
    entries: [],
    messages: new Map(),
    questions: [],
    notices: [],
    calls: [],
    born: [],
    letters: [],
    discarded: [],
    changed: false,
  };
}

/** Applies one input. Answers why a verb was refused, otherwise nothing. */
export function applyInput(
  leg: Leg,
  input: SagaInput,
  about: { readonly now: number; readonly sender: Sender },
): string | undefined {
  const { now } = about;
  const named = inDefinition(leg.instance, input);
  const moved = transition(leg.definition, leg.instance, checkContract(leg.definition, named), now);
  switch (moved.kind) {
    case 'refused':
      return moved.reason;
    case 'discarded':
      leg.discarded.push({ step: 'step' in input ? input.step : '', reason: moved.reason });
      return undefined;
    case 'moved':
      leg.entries.push(moved.entry);
      break;
    case 'paced':
      break;
    default:
      return moved satisfies never;
  }
  leg.instance = moved.instance;
  leg.changed = true;
  for (const effect of moved.effects) take(leg, effect, about);
  return undefined;
}

/** What comes back of a command, call or child names the step as its command did; since then a migration may have given it another name. */
function inDefinition({ state }: SagaInstance, input: SagaInput): SagaInput {
  if (state.sentAs === undefined) return input;
  switch (input.kind) {
    case 'replied':
    case 'notSent':
    case 'callFinished':
    case 'callBeat':
    case 'childFinished':
      return { ...input, step: stepSentAs(state, input.step) };
    default:
      return input;
  }
}

function take(leg: Leg, effect: Effect, { now, sender }: { readonly now: number; readonly sender: Sender }): void {
  switch (effect.kind) {
    case 'sendCommand': {
      const { id: sagaId, saga } = leg.instance;
      const row = commandMessage(effect, { sagaId, saga, now }, sender);
      leg.messages.set(row.id, row);
      return;
    }
    case 'runLocal':
    case 'withdrawCommands':
    case 'takeLocks':
    case 'checkLocks':
      leg.questions.push(effect);
      return;
    case 'startCall':
      leg.calls.push(effect);
      return;
    case 'startChild':
      leg.born.push(bornChild(leg, effect, now));
      return;
    case 'undoChild':
      leg.letters.push({
        id: `undo/${effect.key}`,
        sagaId: childIdOf(leg.instance.id, effect.key),
        input: { kind: 'parentTurnedBack', failure: effect.failure },
      });
      return;
    case 'tellParent': {
      const { parent, outcome } = effect;
      leg.letters.push({
        id: `${leg.instance.id}/${outcome.kind}`,
        sagaId: parent.sagaId,
        input: { kind: 'childFinished', step: parent.step, round: parent.round, outcome },
      });
      return;
    }
    case 'finished':
    case 'alert':
      leg.notices.push(effect);
      return;
    default:
      effect satisfies never;
  }
}
