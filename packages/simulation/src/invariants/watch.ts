import type { NewOutboxRow } from '@backstitch/outbox';
import type { SagaStatus, SagaTransaction } from '@backstitch/saga-core';

type Change = Parameters<SagaTransaction<unknown>['save']>[0][number];

/** What is held against the promises while a run goes on, and what it has to know at the end. */
export interface Watch {
  saved(change: Change): void;
  messages(rows: readonly NewOutboxRow[]): void;
  broken(what: string): void;
  violations(): readonly string[];
  /** The place of each payload in the order of its lane, as it was committed. */
  order(): ReadonlyMap<string, number>;
}

/** A run that breaks one promise soon breaks them all: the first few are told. */
const mostViolations = 20;

export function createWatch(): Watch {
  const ends = new Map<string, SagaStatus>();
  // Who committed first may hear of it last.
  const told = new Map<string, number>();
  const order = new Map<string, number>();
  const found: string[] = [];
  const broken = (what: string): void => {
    if (found.length < mostViolations && !found.includes(what)) found.push(what);
  };
  return {
    broken,
    violations: () => found,
    order: () => order,
    saved({ instance, entries, revision }) {
      if ((told.get(instance.id) ?? -1) > revision) return;
      told.set(instance.id, revision);
      const { id, state, saga } = instance;
      const end = ends.get(id);
      const mayTurnBack = state.parent !== undefined && end === 'completed';
      if (end !== undefined && end !== state.status && !mayTurnBack)
        broken(`what is terminal is final: ${saga} ${id} was ${end} and is ${state.status}`);
      if (end !== undefined && entries.length > 0 && !mayTurnBack)
        broken(`what is terminal is final: ${saga} ${id} was ${end} and goes on`);
      if (state.status === 'completed' || state.status === 'compensated') ends.set(id, state.status);
      else ends.delete(id);
    },
    messages(rows) {
      for (const { payload, ordered } of rows) if (ordered) order.set(payload, order.size);
    },
  };
}
