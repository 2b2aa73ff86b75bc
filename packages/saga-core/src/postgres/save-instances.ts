import type { OutboxTable } from '@backstitch/outbox';
import type { Sql } from '@backstitch/postgres';
import type { InstanceChange, SaveOptions, SaveResult } from '../engine/saga-store.js';
import { deleteLetters } from './delete-letters.js';
import { insertInstances } from './insert-instances.js';
import { insertJournal } from './insert-journal.js';
import { leaving, releaseLocks } from './release-locks.js';
import { lockInstances } from './lock-instances.js';
import { postLetters } from './post-letters.js';
import { repinInstances } from './repin-instances.js';
import type { SagaTables } from './saga-tables.js';
import { currentChanges } from './current-changes.js';
import { updateInstances } from './update-instances.js';

export interface SaveInstancesOptions extends SaveOptions {
  readonly tables: SagaTables;
  readonly outboxTable: OutboxTable<Sql>;
  /** Revisions of rows that this transaction holds already. */
  readonly held: ReadonlyMap<string, number>;
}

/**
 * One statement a table, for the winners only: who they are is decided under the lock, before anything is written, so that no statement can
 * insert a message for a change that another one refused.
 */
export async function saveInstances(
  sql: Sql,
  changes: readonly InstanceChange[],
  options: SaveInstancesOptions,
): Promise<SaveResult> {
  const { tables, outboxTable, bornLeaseMs, held } = options;
  const ids = changes.map(({ instance }) => instance.id);
  // All or none of them: locking a few more beside those held would not be in id order, which is what keeps batches from deadlock.
  // Those who get a letter are locked with them, in the one order: a parent and its child write to each other.
  const readers = changes.flatMap(({ letters }) => letters.map(({ sagaId }) => sagaId));
  const revisions = ids.every((id) => held.has(id))
    ? held
    : await lockInstances(sql, [...new Set([...ids, ...readers])], { table: tables.instances });
  const winners = currentChanges(changes, revisions);
  if (winners.length === 0) return { saved: [], claimed: [], freed: [] };
  const taken = winners.flatMap((change) => change.taken.map((id) => ({ sagaId: change.instance.id, id })));
  // Letters go first: what is left of them keeps its instance due.
  await deleteLetters(sql, taken, { table: tables.mailbox });
  await updateInstances(sql, winners, { tables });
  await repinInstances(
    sql,
    winners.filter(({ migrated }) => migrated).map(({ instance }) => instance),
    { table: tables.instances },
  );
  await insertJournal(
    sql,
    winners.map(({ instance, entries }) => ({ sagaId: instance.id, entries })),
    { table: tables.journal },
  );
  // Before the inserts: a reply's command may be sent again by the same change, and then it is unsent again.
  await outboxTable.markDelivered(
    sql,
    winners.flatMap((change) => change.delivered),
  );
  const messages = winners.flatMap((change) => change.messages);
  const claimed = await outboxTable.insert(sql, messages, bornLeaseMs === undefined ? {} : { bornLeaseMs });
  await tellOthers(sql, winners, { tables });
  const freed = await releaseLocks(sql, leaving(winners), { tables });
  return { saved: winners.map(({ instance }) => instance.id), claimed, freed };
}

/** Children first: the first letter to each comes with it. */
async function tellOthers(
  sql: Sql,
  winners: readonly InstanceChange[],
  { tables }: { readonly tables: SagaTables },
): Promise<void> {
  await insertInstances(
    sql,
    winners.flatMap(({ born }) => born),
    { tables },
  );
  const letters = winners.flatMap((change) => change.letters);
  if (letters.length > 0) await postLetters(sql, letters, { tables });
}
