import { commandId, parseCommandId } from '@backstitch/messaging';
import { expect } from 'vitest';
import type { SagaDefinition } from '../../src/definition/step-definition.js';
import type { SendCommand } from '../../src/machine/effect.js';
import { fold, withoutPace } from '../../src/machine/evolve.js';
import type { SagaMigration } from '../../src/machine/define-migration.js';
import { migrateInstance } from '../../src/machine/migrate-instance.js';
import { newInstance, type SagaInstance, stepStateOf } from '../../src/machine/instance.js';
import type { JournalEntry, JournalEvent } from '../../src/machine/journal-event.js';
import { sentAs, stepSentAs } from '../../src/machine/sent-as.js';
import type { Direction, LocalOutcome, RepliedInput, SagaInput } from '../../src/machine/saga-input.js';
import { type Transition, transition } from '../../src/machine/transition.js';
import { keyOf, splitKey } from '../../src/machine/unit.js';
import { wakeAt } from '../../src/machine/wake-at.js';

const carrier = { actor: 'ann', reason: 'the new version' };

/** One input, and what became of it. */
export interface Happened {
  readonly input: SagaInput;
  readonly now: number;
  readonly before: SagaInstance;
  readonly moved: Transition;
}

export interface About {
  readonly direction?: Direction;
  readonly attempt?: number;
  readonly round?: number;
}

/** Every object within is frozen: a transition that writes into what it was given throws. */
export function deepFreeze<T>(value: T): T {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const each of Object.values(value)) deepFreeze(each);
  return Object.freeze(value);
}

/**
 * An instance under the test's hand: each method gives one input. After every one the journal must tell the same state as the instance,
 * and one that is alive must have a finite wake time.
 */
export class Drive {
  readonly definition: SagaDefinition;
  instance: SagaInstance;
  now = 0;
  last: Transition | undefined;
  readonly journal: JournalEntry[] = [];
  readonly alerts: string[] = [];
  readonly history: Happened[] = [];
  /** Steps whose commands still lie in the outbox: taken back where that is asked. */
  readonly unsent = new Set<string>();
  #sent: SendCommand[] = [];

  constructor(definition: SagaDefinition, input: unknown = {}) {
    this.definition = definition;
    this.instance = newInstance(definition, { id: 's', input, now: 0 });
  }

  give(input: SagaInput): this {
    const before = deepFreeze(this.instance);
    const moved = transition(this.definition, before, deepFreeze(input), this.now);
    this.last = moved;
    this.history.push({ input, now: this.now, before, moved });
    if (moved.kind === 'discarded' || moved.kind === 'refused') return this;
    this.instance = moved.instance;
    if (moved.kind === 'moved') this.journal.push(moved.entry);
    this.#check();
    for (const effect of moved.effects) {
      if (effect.kind === 'sendCommand') this.#sent.push(effect);
      if (effect.kind === 'alert') this.alerts.push(effect.code);
      if (effect.kind === 'withdrawCommands') this.#withdraw(effect.commandIds);
    }
    return this;
  }

  #check(): void {
    const { state, bodies, seq } = this.instance;
    const folded = fold({ status: 'running', steps: {} }, this.journal);
    expect(withoutPace(folded.state)).toEqual(withoutPace(state));
    expect(folded.bodies).toEqual(bodies);
    expect(seq).toBe(this.journal.length);
    const alive = (state.status === 'running' || state.status === 'compensating') && state.pausedAt === undefined;
    expect(Number.isFinite(wakeAt(state, this.now))).toBe(alive);
  }

  #withdraw(commandIds: readonly string[]): void {
    const { state } = this.instance;
    const keyIn = (id: string) => stepSentAs(state, keyOf(parseCommandId(id) ?? { step: '', item: null }));
    const taken = commandIds.filter((id) => this.unsent.has(keyIn(id)));
    this.#sent = this.#sent.filter((command) => !taken.includes(command.commandId));
    const { last } = this;
    this.give({ kind: 'withdrawn', commandIds: taken });
    this.last = last;
  }

  /** The same instance on another version, under the hand of a drive of its own. */
  migrated(migration: SagaMigration): Drive {
    const outcome = migrateInstance(migration, deepFreeze(this.instance), { ...carrier, now: this.now });
    if (outcome.kind !== 'migrated') throw new Error(`${outcome.kind}: ${outcome.reason}`);
    const next = new Drive(migration.to);
    next.instance = outcome.instance;
    next.now = this.now;
    next.journal.push(...this.journal, outcome.entry);
    next.#sent = [...this.#sent];
    const nameOf = (key: string): string => {
      const { step, item } = splitKey(key);
      return keyOf({ step: migration.renamed.get(step) ?? step, item });
    };
    for (const step of this.unsent) next.unsent.add(nameOf(step));
    next.#check();
    return next;
  }

  /** Why it stays on its version. */
  stays(migration: SagaMigration): string {
    const outcome = migrateInstance(migration, deepFreeze(this.instance), { ...carrier, now: this.now });
    return outcome.kind === 'migrated' ? 'migrated' : `${outcome.kind}: ${outcome.reason}`;
  }

  start(): this {
    return this.give({ kind: 'started' });
  }

  reply(step: string, outcome: RepliedInput['outcome'], { direction = 'do', attempt, round = 1 }: About = {}): this {
    const present = stepStateOf(this.instance.state, step).pace?.attempt ?? 1;
    return this.give({ kind: 'replied', step, round, direction, attempt: attempt ?? present, outcome });
  }

  succeeds(step: string, output?: unknown, about?: About): this {
    return this.reply(step, output === undefined ? { kind: 'succeeded' } : { kind: 'succeeded', output }, about);
  }

  declines(step: string, about?: About): this {
    return this.reply(step, { kind: 'declined', code: 'NO', message: 'no', detail: { why: step } }, about);
  }

  fails(step: string, about?: About): this {
    return this.reply(step, { kind: 'failed', code: 'HANDLER_FAILED', message: 'deadlock' }, about);
  }

  accepts(step: string, about?: About): this {
    return this.reply(step, { kind: 'accepted' }, about);
  }

  breaksContract(step: string, about?: About): this {
    return this.reply(step, { kind: 'contractBroken', message: '/id is missing', body: { odd: step } }, about);
  }

  undone(...steps: readonly string[]): this {
    for (const step of steps) this.succeeds(step, undefined, { direction: 'undo' });
    return this;
  }

  local(step: string, outcome: LocalOutcome = { kind: 'succeeded' }, direction: Direction = 'do'): this {
    return this.give({ kind: 'localFinished', step, direction, outcome });
  }

  notSent(step: string, { direction = 'do', round = 1 }: About = {}): this {
    return this.give({ kind: 'notSent', step, round, direction, code: 'MESSAGE_TOO_LARGE', message: 'too large' });
  }

  /** Time passes, and the poller finds the instance. */
  after(ms: number): this {
    this.now += ms;
    const { state } = this.instance;
    const id = (step: string, direction: Direction): string => {
      const { round } = stepStateOf(state, step);
      return commandId({ sagaId: 's', ...splitKey(sentAs(state, step)), round, direction });
    };
    const unsent = [...this.unsent].flatMap((step) => [id(step, 'do'), id(step, 'undo')]);
    return this.give({ kind: 'deadlineReached', unsent });
  }

  /** Time passes up to the instance's own wake time, so often. */
  wakes(times = 1): this {
    for (let time = 0; time < times; time += 1) this.after(Math.max(0, (this.wakeAt ?? this.now) - this.now));
    return this;
  }

  verb(kind: 'cancel' | 'pause' | 'resume' | 'retry'): this {
    return this.give({ kind, actor: 'ann', reason: 'she knows' });
  }

  /** Commands sent since it was last asked, as `hold do#1`. */
  takeSent(): readonly string[] {
    return this.takeCommands().map(({ step, direction, attempt }) => `${step} ${direction}#${attempt}`);
  }

  takeCommands(): readonly SendCommand[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  get status(): string {
    return this.instance.state.status;
  }

  get wakeAt(): number | null {
    return wakeAt(this.instance.state, this.now);
  }

  /** Why the last input changed nothing. */
  get reason(): string | undefined {
    return this.last?.kind === 'discarded' || this.last?.kind === 'refused' ? this.last.reason : undefined;
  }

  get events(): readonly JournalEvent[] {
    return this.journal.flatMap(({ events }) => events);
  }

  step(name: string): string {
    return stepStateOf(this.instance.state, name).status;
  }
}
