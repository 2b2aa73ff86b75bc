import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import { type Draft, isHeld, openDraft, record } from '../machine/draft.js';
import { fold } from '../machine/evolve.js';
import { newInstance, type SagaInstance } from '../machine/instance.js';
import type { JournalEntry, JournalEvent } from '../machine/journal-event.js';
import { proceed } from '../machine/proceed.js';
import { unitOf } from '../machine/unit.js';
import type { Recording } from './recording.js';
import { divergencesOf, endsComparison, type ReplayDivergence } from './replay-divergence.js';
import { giveHints, isFact } from './replay-facts.js';
import { replayText } from './replay-text.js';

export interface ReplayReport {
  readonly recording: Pick<Recording, 'id' | 'saga' | 'version'>;
  /** Entries that were replayed. Fewer than there are where the course is another. Those before a migration are believed, not compared. */
  readonly entries: number;
  /** The first one first; none where the code of today does what is recorded. */
  readonly divergences: readonly ReplayDivergence[];
  /** Entries at which an author's function had failed and answers today: no divergence, an operator's retry will use it. */
  readonly mended: readonly number[];
  /** For people. */
  readonly text: string;
}

/**
 * Holds the code of today against what an instance of the same version did: from each entry's facts (what steps answered, what time and operators
 * said) the real machine decides anew what follows, asks `with`, `when`, `over`, `output` and `compensate.with` again, and the answers are
 * compared with those that are recorded. After each entry the recording is believed, so that one changed payload hides no other. What steps
 * themselves do (`run`, handlers) is not asked again: it stands in the journal. After Temporal's replay of histories in CI.
 *
 * @throws SagaError OPTION_INVALID where the recording is of another saga or version.
 */
export function replayJournal(definition: SagaDefinition, recording: Recording): ReplayReport {
  refuseOther(definition, recording);
  const { id, saga, version, hash, journal } = recording;
  const divergences: ReplayDivergence[] =
    hash === definition.hash ? [] : [{ kind: 'definition', recordedHash: hash, hash: definition.hash }];
  const mended: number[] = [];
  const migrated = journal.findLastIndex(({ events }) => events.some(({ kind }) => kind === 'sagaMigrated')) + 1;
  let instance = believed(definition, recording, migrated);
  let entries = migrated;
  for (const entry of journal.slice(migrated)) {
    const replayed = replayEntry(definition, instance, entry);
    divergences.push(...replayed.divergences);
    if (replayed.isMended) mended.push(entry.seq);
    if (replayed.divergences.some(endsComparison)) break;
    entries += 1;
    instance = replayed.instance;
  }
  const found = { recording: { id, saga, version }, entries, divergences, mended };
  return { ...found, text: replayText(found, journal.length) };
}

/** What an instance had become with its first entries. What it did before it was carried over to this version, another definition decided. */
function believed(definition: SagaDefinition, { id, input, journal }: Recording, entries: number): SagaInstance {
  const first = newInstance(definition, { id, input, now: journal[0]?.at ?? 0 });
  if (entries === 0) return first;
  const { migrated, ...folded } = fold({ status: 'running', steps: {} }, journal.slice(0, entries));
  const mapped = migrated !== undefined && 'input' in migrated ? { input: migrated.input } : {};
  return { ...first, ...folded, ...mapped, seq: entries };
}

interface ReplayedEntry {
  readonly instance: SagaInstance;
  readonly divergences: readonly ReplayDivergence[];
  readonly isMended: boolean;
}

function replayEntry(definition: SagaDefinition, instance: SagaInstance, entry: JournalEntry): ReplayedEntry {
  const missing = missingStep(definition, instance, entry);
  if (missing !== undefined) {
    return { instance, divergences: [{ kind: 'step missing', seq: entry.seq, step: missing }], isMended: false };
  }
  const draft = openDraft(definition, instance, entry.at);
  const facts = takeFacts(draft, entry.events);
  const followed = entry.events.slice(facts);
  const recorded = recordedInstance(instance, draft, followed);
  const had = draft.events.length;
  if (!isHeld(draft)) {
    giveHints(draft, followed);
    proceed(draft);
  }
  const now = draft.events.slice(had);
  const isMended = followed.at(-1)?.kind === 'sagaParked' && now.at(-1)?.kind !== 'sagaParked';
  return { instance: recorded, divergences: isMended ? [] : divergencesOf(entry.seq, followed, now), isMended };
}

/** Records the leading facts, and answers how many they are. */
function takeFacts(draft: Draft, events: readonly JournalEvent[]): number {
  let facts = 0;
  for (const event of events) {
    if (!isFact(draft, event)) break;
    record(draft, event);
    facts += 1;
  }
  return facts;
}

/** What the instance is when the rest of the entry is believed. */
function recordedInstance(before: SagaInstance, draft: Draft, followed: readonly JournalEvent[]): SagaInstance {
  const after = openDraft(draft.definition, { ...before, ...draft.folded }, draft.now);
  for (const event of followed) record(after, event);
  return { ...before, seq: before.seq + 1, ...after.folded };
}

/** A step that the recording names and the definition lacks. Items are looked for under their list alone. */
function missingStep(
  definition: SagaDefinition,
  { bodies }: SagaInstance,
  { events }: JournalEntry,
): string | undefined {
  for (const event of events) {
    if (!('step' in event) || event.step === undefined || event.step === '') continue;
    const name = event.step.replace(/\[\d+\]$/, '');
    if (unitOf(definition, name, bodies) === undefined) return event.step;
  }
  return undefined;
}

function refuseOther({ name, version }: SagaDefinition, recording: Recording): void {
  if (recording.saga === name && recording.version === version) return;
  throw new SagaError(
    'OPTION_INVALID',
    `the recording is of saga '${recording.saga}' version ${recording.version}, the definition is '${name}' version ${version}`,
    {
      fields: { recording: { saga: recording.saga, version: recording.version }, saga: name, version },
      hint: 'replay it against the definition of its own version: that is what its instances run on',
    },
  );
}
