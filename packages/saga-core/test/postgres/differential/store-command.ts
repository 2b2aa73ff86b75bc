import type { SeededRandom } from '@backstitch/messaging/testing';
import type { FenceStoreUnderTest, SagaStoreUnderTest } from '../../../src/testing/stores.js';

/** Both stores of one kind of database, and the transactions and leases that a sequence has seen. */
export interface Subject {
  readonly sagas: SagaStoreUnderTest<unknown>;
  readonly fences: FenceStoreUnderTest<unknown>;
  /** Epochs under which rows were claimed in this sequence, by row id. */
  readonly claims: Map<string, number>;
}

/** One thing that is asked of both. What it asks is fixed before it is run; only revisions and epochs are the store's own. */
export interface StoreCommand {
  readonly name: string;
  run(subject: Subject): Promise<unknown>;
}

export type Draw = (random: SeededRandom) => StoreCommand;

/** Few, so that commands meet. */
export const ids = [0, 1, 2].map((index) => `01900000-0000-7000-8000-00000000000${index}`);
export const rowIds = [0, 1, 2, 3, 4, 5].map((index) => `01900000-0000-7000-8000-0000000001${index}0`);

export function oneOf<T>(random: SeededRandom, options: readonly T[]): T {
  return options[random.integer(options.length)] as T;
}

export function someOf<T>(random: SeededRandom, options: readonly T[]): readonly T[] {
  return options.filter(() => random.chance(0.5));
}

/** What both have to answer alike: an error is its code. */
export async function answerOf(command: StoreCommand, subject: Subject): Promise<unknown> {
  try {
    return { answer: plain(await command.run(subject)) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { code } = error as { readonly code?: unknown };
    return { error: typeof code === 'string' ? code : error.message };
  }
}

/** Without what is of one store's own: times, and places that a sequence counts. */
const own = new Set([
  'createdAt',
  'updatedAt',
  'now',
  'seq',
  'leaseEndsAtMs',
  'finishedAt',
  'wakeAt',
  'claimedUntil',
  'sentAt',
]);

function plain(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(plain);
  const entries = Object.entries(value).filter(([name, each]) => !own.has(name) && each !== undefined);
  return Object.fromEntries(entries.map(([name, each]) => [name, plain(each)]));
}
