import type { SagaDefinition, StepDefinition, UnitDefinition } from '../definition/step-definition.js';
import type { Effect } from './effect.js';
import { evolve, type Folded } from './evolve.js';
import { type Pace, type SagaInstance, type StepState, stepStateOf } from './instance.js';
import type { JournalEvent } from './journal-event.js';
import { unitOf, unitsOf } from './unit.js';

/** A transition in the making: the only mutable thing of the machine, and it never leaves `transition`. */
export interface Draft {
  readonly definition: SagaDefinition;
  readonly instance: SagaInstance;
  readonly now: number;
  folded: Folded;
  readonly events: JournalEvent[];
  readonly effects: Effect[];
  /** Attempts or times moved without an event. */
  paced: boolean;
}

export function openDraft(definition: SagaDefinition, instance: SagaInstance, now: number): Draft {
  const { state, bodies, output } = instance;
  const folded = { state, bodies, ...(output === undefined ? {} : { output }) };
  return { definition, instance, now, folded, events: [], effects: [], paced: false };
}

/** Decides a fact: it is journalled, and the state follows. */
export function record(draft: Draft, event: JournalEvent): void {
  draft.events.push(event);
  draft.folded = evolve(draft.folded, event, draft.now);
}

/** Sets when a waiting step is next looked at. Not journalled. */
export function setPace(draft: Draft, step: string, pace: Pace): void {
  const { state } = draft.folded;
  const before = stepStateOf(state, step);
  draft.folded = { ...draft.folded, state: { ...state, steps: { ...state.steps, [step]: { ...before, pace } } } };
  draft.paced = true;
}

/** Nothing is awaited of this step any more. */
export function clearPace(draft: Draft, step: string): void {
  const { state } = draft.folded;
  const { pace: _, ...before } = stepStateOf(state, step);
  draft.folded = { ...draft.folded, state: { ...state, steps: { ...state.steps, [step]: before } } };
  draft.paced = true;
}

/** What is kept of answers to a parked instance, for the operator; bounded, because a participant may answer for ever. */
const maxEvidence = 20;

export function keepEvidence(draft: Draft, step: string, outcome: string, body: unknown): void {
  if ((draft.folded.state.evidence ?? 0) >= maxEvidence) return;
  record(draft, { kind: 'evidenceKept', step, outcome, ...(body === undefined ? {} : { body }) });
}

/** Stops the instance until a person says how it goes on. Parked already, it stays parked for the first reason and keeps this one as evidence. */
export function park(
  draft: Draft,
  code: string,
  message: string,
  about: { readonly step?: string; readonly evidence?: unknown } = {},
): void {
  const step = about.step === undefined ? {} : { step: about.step };
  if (draft.folded.state.parked !== undefined) {
    keepEvidence(draft, about.step ?? '', code, about.evidence ?? message);
    return;
  }
  record(draft, {
    kind: 'sagaParked',
    code,
    message,
    ...step,
    ...('evidence' in about ? { evidence: about.evidence } : {}),
  });
  draft.effects.push({ kind: 'alert', code, message, ...step });
}

export function stepOf(draft: Draft, step: string): StepState {
  return stepStateOf(draft.folded.state, step);
}

/** Everything that has an outcome of its own: steps, and the items of lists in place of their step. */
export function units(draft: Draft): readonly UnitDefinition[] {
  return unitsOf(draft.definition, draft.folded.bodies);
}

export function unitsWith(draft: Draft, status: StepState['status']): readonly UnitDefinition[] {
  return units(draft).filter(({ name }) => stepOf(draft, name).status === status);
}

/** What an input names: a step, or an item of one. */
export function unitNamed(draft: Draft, key: string): StepDefinition | undefined {
  return unitOf(draft.definition, key, draft.folded.bodies);
}

/** Parked, paused or over: state may change, nothing is begun. */
export function isHeld(draft: Draft): boolean {
  const { status, pausedAt } = draft.folded.state;
  return pausedAt !== undefined || (status !== 'running' && status !== 'compensating');
}
