import { commandId } from '@backstitch/messaging';
import type { SagaDefinition } from '../definition/step-definition.js';
import { type SagaInstance, stepStateOf } from '../machine/instance.js';
import type { SagaInput } from '../machine/saga-input.js';
import { sentAs } from '../machine/sent-as.js';
import { splitKey } from '../machine/unit.js';
import { commandRowId } from './command-message.js';
import type { DefinitionRegistry } from './definition-registry.js';
import type { Item, ReplyItem } from './item.js';
import type { InstanceCache, KnownInstance } from './instance-cache.js';
import type { SagaStore } from './saga-store.js';

/** What a batch of items means for one instance. */
export type Situation =
  /** No such instance. A command is visible only after its instance committed, so this reply is forged or its instance was purged. */
  | { readonly kind: 'unknown'; readonly sagaId: string; readonly items: readonly Item[] }
  /** Another process knows this definition. */
  | { readonly kind: 'foreign'; readonly sagaId: string; readonly items: readonly Item[] }
  | Ready;

export interface Ready {
  readonly kind: 'ready';
  readonly sagaId: string;
  readonly items: readonly Item[];
  readonly definition: SagaDefinition;
  readonly stored: KnownInstance;
  /** It was not read for this: whoever would throw an input away because of it has to read it first. */
  readonly isRemembered: boolean;
  readonly inputs: readonly SagaInput[];
  /** Outbox rows that replies proved delivered. */
  readonly delivered: readonly string[];
  /** Letters among the inputs. */
  readonly taken: readonly string[];
  /** Its `wake_at` has come: it is saved even where nothing changed, or it would wake for ever. */
  readonly woken: boolean;
  readonly now: number;
}

export interface SituationSources<Trx> {
  readonly store: SagaStore<Trx>;
  readonly definitions: DefinitionRegistry;
  readonly cache: InstanceCache;
}

/** Reads what the items' instances look like, without locks; those that this process remembers are not read, save for those that are woken. */
export async function readSituations<Trx>(
  { store, definitions, cache }: SituationSources<Trx>,
  items: readonly Item[],
): Promise<readonly Situation[]> {
  const bySaga = groupBySaga(items);
  const remembered = rememberedOf(bySaga, cache);
  const unknown = [...bySaga.keys()].filter((id) => !remembered.has(id));
  const { now, instances } = unknown.length > 0 ? await store.load(unknown) : { now: await store.now(), instances: [] };
  const found = new Map<string, KnownInstance>(remembered);
  for (const stored of instances) found.set(stored.instance.id, stored);
  const woken = instances.filter(({ instance }) => bySaga.get(instance.id)?.some((item) => item.kind === 'wake'));
  const letters = woken.length === 0 ? [] : await store.mailbox(woken.map(({ instance }) => instance.id));
  const overdue = new Map(woken.map(({ instance }) => [instance.id, overdueCommands(instance, now)]));
  const unsent = await unsentRows(store, overdue);
  return [...bySaga].map(([sagaId, itsItems]) => {
    const stored = found.get(sagaId);
    if (stored === undefined) return { kind: 'unknown', sagaId, items: itsItems };
    const definition = definitions.find(stored.instance);
    if (definition === undefined) return { kind: 'foreign', sagaId, items: itsItems };
    const mail = letters.filter((letter) => letter.sagaId === sagaId);
    const replies = itsItems.filter((item): item is ReplyItem => item.kind === 'reply');
    const isWoken = itsItems.some((item) => item.kind === 'wake');
    const stillUnsent = (overdue.get(sagaId) ?? []).filter((id) => unsent.has(commandRowId(sagaId, id)));
    return {
      kind: 'ready',
      sagaId,
      items: itsItems,
      definition,
      stored,
      isRemembered: remembered.has(sagaId),
      // Answers come before the clock: a reply that is here already must not lose to its own deadline.
      inputs: [
        ...mail.map((letter) => letter.input),
        ...itsItems.flatMap((item) => (item.kind === 'wake' ? [] : [item.input])),
        ...(isWoken ? [{ kind: 'deadlineReached', unsent: stillUnsent } as const] : []),
      ],
      delivered: replies
        .filter((reply) => provesDelivery(stored.instance, reply))
        .map((reply) => commandRowId(sagaId, reply.commandId)),
      taken: mail.map((letter) => letter.id),
      woken: isWoken,
      now,
    };
  });
}

/** Whoever is woken may have mail, and is looked at as it is: so what is remembered wrongly does not stay so. */
function rememberedOf(
  bySaga: ReadonlyMap<string, readonly Item[]>,
  cache: InstanceCache,
): ReadonlyMap<string, KnownInstance> {
  const remembered = new Map<string, KnownInstance>();
  for (const [sagaId, items] of bySaga) {
    const known = items.some(({ kind }) => kind === 'wake') ? undefined : cache.get(sagaId);
    if (known !== undefined) remembered.set(sagaId, known);
  }
  return remembered;
}

function groupBySaga(items: readonly Item[]): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(item.sagaId);
    if (group === undefined) groups.set(item.sagaId, [item]);
    else group.push(item);
  }
  return groups;
}

/**
 * Not the failure of an earlier attempt: the row stands for a later sending by now, which may still be unsent. Every other answer settles the
 * command, whatever attempt it names.
 */
function provesDelivery({ state }: SagaInstance, { input }: ReplyItem): boolean {
  if (input.kind !== 'replied' || input.outcome.kind !== 'failed') return true;
  const { round, pace } = stepStateOf(state, input.step);
  return round !== input.round || pace === undefined || input.attempt >= pace.attempt;
}

/** Commands whose reply is overdue: the machine has to know which of them still lie in the outbox. */
function overdueCommands({ id: sagaId, state }: SagaInstance, now: number): readonly string[] {
  return Object.entries(state.steps).flatMap(([step, { status, round, pace }]) => {
    if (pace?.deadlineAt === undefined || pace.deadlineAt > now) return [];
    if (status !== 'dispatched' && status !== 'compensating') return [];
    const direction = status === 'dispatched' ? 'do' : 'undo';
    return [commandId({ sagaId, ...splitKey(sentAs(state, step)), round, direction })];
  });
}

async function unsentRows<Trx>(
  store: SagaStore<Trx>,
  overdue: ReadonlyMap<string, readonly string[]>,
): Promise<ReadonlySet<string>> {
  const rows = [...overdue].flatMap(([sagaId, ids]) => ids.map((id) => commandRowId(sagaId, id)));
  return new Set(rows.length === 0 ? [] : await store.unsent(rows));
}
