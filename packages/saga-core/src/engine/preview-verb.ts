import { decodeCommand } from '@backstitch/messaging';
import type { NewOutboxRow } from '@backstitch/outbox';
import type { StepStatus } from '../machine/instance.js';
import type { JournalEntry } from '../machine/journal-event.js';
import type { Direction, SagaInput } from '../machine/saga-input.js';
import type { AdvanceOptions } from './advance-options.js';
import { isWanted, takeBack } from './answer-questions.js';
import { instanceUnknown, versionUnknown } from './apply-spoken.js';
import { type InstanceView, viewOf } from './instance-view.js';
import { applyInput, type Leg, openLeg } from './leg.js';
import { checkGiven, checkNote, type Guard, type OperatorInput, verbRefused } from './operate.js';

/** What a verb would do to an instance as it is now. Nothing of it is saved, sent or run. */
export interface Preview {
  readonly sagaId: string;
  readonly verb: OperatorInput['kind'];
  /** `unchanged`: it was said before, or the instance is over. */
  readonly kind: 'applied' | 'unchanged';
  readonly before: InstanceView;
  readonly after: InstanceView;
  /** Steps that it moves. */
  readonly steps: readonly { readonly step: string; readonly before: StepStatus; readonly after: StepStatus }[];
  /** What would be written to the journal. */
  readonly entries: readonly JournalEntry[];
  /** What would be sent. */
  readonly messages: readonly PreviewMessage[];
  /** `call` steps that would be called after the commit. */
  readonly calls: readonly { readonly step: string; readonly direction: Direction; readonly attempt: number }[];
  /** Child sagas that would begin. */
  readonly children: readonly { readonly id: string; readonly saga: string; readonly input: unknown }[];
  /** Instances, parent or children, that would be told of it. */
  readonly told: readonly { readonly id: string; readonly kind: SagaInput['kind'] }[];
  /** Commands that would be taken back because they are still unsent. By the time the verb is said they may have been sent. */
  readonly withdrawn: readonly string[];
  /**
   * The local function that would run next, in the verb's own transaction. What follows depends on what it answers: the preview ends here. Null
   * where there is none, and the preview is whole.
   */
  readonly endsAt: { readonly step: string; readonly direction: Direction } | null;
}

export interface PreviewMessage {
  readonly topic: string;
  readonly commandId: string;
  readonly command: string;
  readonly step: string;
  readonly direction: Direction;
  readonly attempt: number;
  readonly data: unknown;
  /** Of the whole message. */
  readonly bytes: number;
}

/**
 * The very chain that `operate` runs, from a read without locks. Which commands are unsent is read instead of taking them back. Throws what
 * the verb itself would throw.
 */
export async function previewVerb<Trx>(
  { store, definitions, sender }: Pick<AdvanceOptions<Trx>, 'store' | 'definitions' | 'sender'>,
  sagaId: string,
  verb: OperatorInput,
  guard?: Guard,
): Promise<Preview> {
  checkNote(verb);
  const { now, instances } = await store.load([sagaId]);
  const [stored] = instances;
  if (stored === undefined) throw instanceUnknown(sagaId);
  const definition = definitions.find(stored.instance);
  if (definition === undefined) throw versionUnknown(stored.instance);
  guard?.(stored, now);
  checkGiven(definition, verb);
  const leg = openLeg(definition, stored.instance);
  const reason = applyInput(leg, verb, { now, sender });
  if (reason !== undefined) throw verbRefused(sagaId, verb, { reason, status: stored.instance.state.status });
  const withdrawn: string[] = [];
  let endsAt: Preview['endsAt'] = null;
  for (let question = leg.questions.shift(); question !== undefined; question = leg.questions.shift()) {
    if (question.kind === 'runLocal') {
      const { step, direction } = question;
      if (!isWanted(leg, step, direction)) continue;
      endsAt = { step, direction };
      break;
    }
    // Locks are looked at with the clock, and a verb brings none.
    if (question.kind !== 'withdrawCommands') continue;
    const taken = await takeBack(leg, question.commandIds, (rows) => unsentRows(store, rows));
    withdrawn.push(...taken.commandIds);
    applyInput(leg, taken, { now, sender });
  }
  return previewOf(leg, {
    ...{ verb: verb.kind, withdrawn, endsAt },
    before: viewOf(stored, definition),
    after: viewOf({ ...stored, instance: leg.instance }, definition),
  });
}

/** As `withdraw` chooses them. */
async function unsentRows<Trx>(
  { reads }: AdvanceOptions<Trx>['store'],
  ids: readonly string[],
): Promise<readonly string[]> {
  const rows = await reads.messages(ids);
  return rows
    .filter(({ status, claimedUntil, inDoubt }) => status !== 'SENT' && claimedUntil === null && !inDoubt)
    .map(({ id }) => id);
}

function previewOf(leg: Leg, said: Pick<Preview, 'verb' | 'before' | 'after' | 'withdrawn' | 'endsAt'>): Preview {
  const { before, after } = said;
  const steps = Object.entries(after.steps).flatMap(([step, { status }]) => {
    const was = before.steps[step]?.status ?? 'pending';
    return was === status ? [] : [{ step, before: was, after: status }];
  });
  return {
    ...said,
    sagaId: leg.instance.id,
    kind: leg.changed ? 'applied' : 'unchanged',
    steps,
    entries: leg.entries,
    messages: [...leg.messages.values()].flatMap(messageOf),
    children: leg.born.map(({ instance: { id, saga, input } }) => ({ id, saga, input })),
    told: leg.letters.map(({ sagaId: id, input: { kind } }) => ({ id, kind })),
    calls: leg.calls.map(({ step, direction, attempt }) => ({ step, direction, attempt })),
  };
}

/** Without its reply token: who reads a preview needs none. */
function messageOf({ topic, payload }: NewOutboxRow): readonly PreviewMessage[] {
  const decoded = decodeCommand(payload);
  if (decoded.kind === 'invalid') return [];
  const { commandId, command, step, direction, attempt, data } = decoded.envelope;
  return [{ topic, commandId, command, step, direction, attempt, data, bytes: Buffer.byteLength(payload) }];
}
