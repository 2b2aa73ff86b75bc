import { randomUUID } from 'node:crypto';
import type { WhenHeld } from '../../definition/saga-locks.js';
import type { SagaTransaction } from '../../engine/saga-store.js';
import type { LockAnswer, LockTaken } from '../../machine/saga-input.js';
import { loadOne, sample, succeeded } from './sample-instance.js';
import type { SagaStoreStage } from './saga-store-subject.js';

/** An instance that wants keys. */
export interface Wanting {
  readonly id: string;
  readonly keys: readonly string[];
}

export function wanting(...keys: readonly string[]): Wanting {
  return { id: randomUUID(), keys };
}

/** Its start within a transaction: its places in the queues, and its row. */
export async function enterIn(
  tx: SagaTransaction<unknown>,
  { id, keys }: Wanting,
  whenHeld: WhenHeld = 'wait',
): Promise<LockTaken> {
  const taken = await tx.enqueueLocks({ sagaId: id, keys, whenHeld });
  if (taken.kind === 'held' || taken.kind === 'waiting') {
    await tx.insert([sample({ id, now: await tx.now(), state: { locks: { keys, status: taken.kind } } })]);
  }
  return taken;
}

export async function enter(stage: SagaStoreStage, who: Wanting, whenHeld?: WhenHeld): Promise<LockTaken['kind']> {
  return (await stage.store.transaction((tx) => enterIn(tx, who, whenHeld))).kind;
}

/** In a crowd a start may be told that the key is busy: it tries again, as a caller would. */
export async function enterCrowd(stage: SagaStoreStage, who: Wanting): Promise<LockTaken['kind']> {
  for (;;) {
    const answer = await enter(stage, who);
    if (answer !== 'busy') return answer;
  }
}

/** The save that ends it; answers who was told. */
export async function leaveIn(stage: SagaStoreStage, tx: SagaTransaction<unknown>, { id }: Wanting) {
  const stored = await loadOne(stage, id);
  const { locks } = stored.instance.state;
  const state = { status: 'completed', ...(locks === undefined ? {} : { locks }) } as const;
  const { saved, freed } = await tx.save([succeeded(stored, { state, wakeAt: null })]);
  if (saved.length === 0) throw new Error(`${id} was saved by somebody else`);
  return freed;
}

export function leave(stage: SagaStoreStage, who: Wanting): Promise<readonly string[]> {
  return stage.store.transaction((tx) => leaveIn(stage, tx, who));
}

export function check(stage: SagaStoreStage, { id }: Wanting): Promise<LockAnswer> {
  return stage.store.transaction((tx) => tx.checkLocks(id));
}

export async function toldOf(stage: SagaStoreStage, { id }: Wanting): Promise<number> {
  const letters = await stage.store.mailbox([id]);
  return letters.filter(({ input }) => input.kind === 'locksFreed').length;
}

export interface Held<T> {
  /** What the work answered; the transaction is still open. */
  readonly value: T;
  end(how: 'commit' | 'rollback'): Promise<void>;
}

/** A transaction that has done its work and waits to be told how to end. */
export function holdOpen<T>(
  stage: SagaStoreStage,
  work: (tx: SagaTransaction<unknown>) => Promise<T>,
): Promise<Held<T>> {
  return new Promise((resolve, reject) => {
    const undo = new Error('undo');
    const ended = stage.store
      .transaction(async (tx) => {
        const value = await work(tx);
        await new Promise<void>((goOn, turnBack) => {
          const end = (how: 'commit' | 'rollback'): Promise<void> => {
            if (how === 'commit') goOn();
            else turnBack(undo);
            return ended;
          };
          resolve({ value, end });
        });
      })
      .catch((error: unknown) => {
        if (error === undo) return;
        reject(error as Error);
        throw error;
      });
    // Whoever ends it hears of its error; until then it must not end the process.
    ended.catch(() => undefined);
  });
}
