import type { MemoryTransaction } from '@backstitch/postgres/testing';

/** What one command did to its participant's (or the orchestrator's) own tables. */
export interface Effect {
  /** Command id of the do. */
  readonly id: string;
  readonly sagaId: string;
  readonly step: string;
  readonly item: number;
  readonly dos: number;
  readonly undos: number;
  /** It was accepted, and this process works on it. */
  readonly job: 'none' | 'open' | 'dropped';
}

export const effectsTable = 'effects';

export interface EffectKey {
  readonly id: string;
  readonly sagaId: string;
  readonly step: string;
  readonly item: number | null;
}

/** Changes what is known of a command, in the transaction of whoever handles it. */
export function changeEffect(
  trx: MemoryTransaction,
  key: EffectKey,
  change: (effect: Effect) => Partial<Effect>,
): void {
  const table = trx.table<Effect>(effectsTable);
  const id = key.id.replace(/\/undo$/, '/do');
  const { sagaId, step, item } = key;
  const before = table.get(id) ?? { id, sagaId, step, item: item ?? -1, dos: 0, undos: 0, job: 'none' };
  table.set(id, { ...before, ...change(before) });
}
