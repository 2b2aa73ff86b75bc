import { classify, sqlState } from '@backstitch/postgres';
import type { StoreFailure } from '../exchange/store-failure.js';

/** A race that Postgres ended by choosing a loser: nothing is wrong, the loser does it again. */
const lostRaces: readonly string[] = ['40001', '40P01'];

/** The name that Postgres gives to the primary key of `saga_fence`. */
export const fenceConstraint = 'saga_fence_pkey';

/** Constraints, and what the author's own triggers raise: something in the data or the code has to change. */
const sayings: readonly string[] = ['23', 'P0'];

/** A rival has made the row of the fence that was not there when it was claimed. No code of the author's writes to that table. */
function isFenceRace(error: unknown): boolean {
  const { code, constraint } = (error ?? {}) as { readonly code?: unknown; readonly constraint?: unknown };
  return code === '23505' && constraint === fenceConstraint;
}

/**
 * A constraint's violation (class 23) is the code's own: in a local step it is the author's answer to handle, and a check of ours that fails
 * would fail again.
 */
export function classifyFailure(error: unknown): StoreFailure {
  const state = sqlState(error);
  if (isFenceRace(error)) return 'conflict';
  if (state !== undefined && lostRaces.includes(state)) return 'conflict';
  const found = classify(error);
  switch (found) {
    case 'infrastructure':
    case 'poison':
      return found;
    case 'conflict':
      return 'other';
    case 'other':
      return state === undefined || sayings.includes(state.slice(0, 2)) ? 'other' : 'refused';
    default:
      return found satisfies never;
  }
}
