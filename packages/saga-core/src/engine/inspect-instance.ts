import { foundText, commandId } from '@backstitch/messaging';
import type { StoredRowSummary } from '@backstitch/outbox';
import { SagaError } from '../errors.js';
import type { QuarantinedRecord } from '../exchange/quarantined-record.js';
import type { InstanceState, SagaInstance } from '../machine/instance.js';
import type { JournalEntry } from '../machine/journal-event.js';
import { sentAs } from '../machine/sent-as.js';
import { splitKey } from '../machine/unit.js';
import { commandRowId } from './command-message.js';
import type { DefinitionRegistry } from './definition-registry.js';
import { type InstanceView, viewOf } from './instance-view.js';
import type { ReadableStore } from './instances.js';
import { lockPlaces } from './lock-places.js';
import { type RemainingStep, remainingSteps } from './remaining-steps.js';
import type { DiscardCount, Letter } from './saga-store.js';

export interface InspectOptions {
  /** Journal entries behind this one. Default 0: from the beginning. */
  readonly journalAfter?: number;
  /** At most so many of them: 1 to 1,000, default 200. */
  readonly journalLimit?: number;
}

/** Everything that is known of one instance. Read by several statements: while it moves, parts of it may be a moment newer than others. */
export interface Inspection {
  readonly instance: InstanceView;
  /** What it was started with. */
  readonly input: unknown;
  /** Undefined where the definition is not known here. */
  readonly remaining: readonly RemainingStep[] | undefined;
  readonly journal: readonly JournalEntry[];
  /** `journalAfter` of the next page of the journal; null at its end. */
  readonly journalNext: number | null;
  /** Its commands, forward and back, as far as the outbox still has them: sent ones are pruned. */
  readonly messages: readonly StoredRowSummary[];
  /** What has come for it and is not applied yet: it waits for a process that knows the version. */
  readonly mailbox: readonly Letter[];
  /** What came and changed nothing, counted. */
  readonly discards: readonly DiscardCount[];
  /** Records that name it and could not be understood or believed: the newest of them. */
  readonly quarantined: readonly QuarantinedRecord[];
}

const mostDiscards = 200;
const mostQuarantined = 20;

export async function inspectInstance(
  { store, definitions }: { readonly store: ReadableStore; readonly definitions: DefinitionRegistry },
  id: string,
  { journalAfter = 0, journalLimit = 200 }: InspectOptions = {},
): Promise<Inspection | undefined> {
  requireJournalPage(journalAfter, journalLimit);
  const { instances } = await store.load([id]);
  const [stored] = instances;
  if (stored === undefined) return undefined;
  const { reads } = store;
  const definition = definitions.find(stored.instance);
  const [entries, messages, mailbox, discards, quarantined, places] = await Promise.all([
    reads.journal(id, { afterSeq: journalAfter, limit: journalLimit + 1 }),
    reads.messages(commandRows(stored.instance)),
    store.mailbox([id]),
    reads.discards(id, mostDiscards),
    reads.quarantined(id, mostQuarantined),
    lockPlaces(store, instances),
  ]);
  const journal = entries.slice(0, journalLimit);
  return {
    instance: viewOf(stored, definition, places.get(id)),
    input: stored.instance.input,
    remaining: definition === undefined ? undefined : remainingSteps(definition, stored.instance),
    journal,
    journalNext: entries.length > journalLimit ? (journal.at(-1)?.seq ?? null) : null,
    messages,
    mailbox,
    discards,
    quarantined,
  };
}

/** The outbox row of each command that it may ever have sent. */
function commandRows({ id: sagaId, state }: SagaInstance): readonly string[] {
  return commandsOf(sagaId, state).map((command) => commandRowId(sagaId, command));
}

function commandsOf(sagaId: string, state: InstanceState): readonly string[] {
  return Object.entries(state.steps).flatMap(([key, { round: last }]) =>
    Array.from({ length: last }, (_, place) => place + 1).flatMap((round) =>
      (['do', 'undo'] as const).map((direction) =>
        commandId({ sagaId, ...splitKey(sentAs(state, key)), round, direction }),
      ),
    ),
  );
}

function requireJournalPage(after: number, limit: number): void {
  const [field, value] =
    Number.isSafeInteger(after) && after >= 0 ? ['journalLimit', limit] : (['journalAfter', after] as const);
  if (field === 'journalLimit' && Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return;
  throw new SagaError('OPTION_INVALID', `${field} is ${foundText(value)}`, {
    fields: { field, value },
    hint: 'journalAfter is a whole number from 0, journalLimit one from 1 to 1000',
  });
}
