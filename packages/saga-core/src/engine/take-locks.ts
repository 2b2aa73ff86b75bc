import { lockKeysFor } from '../definition/saga-locks.js';
import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import type { StartedLocks } from '../machine/journal-event.js';
import type { SagaTransaction } from './saga-store.js';

export interface LockTaker {
  readonly sagaId: string;
  readonly input: unknown;
}

/**
 * Takes the locks that a saga names, or its places in their queues. Answers nothing where it names none. Before anything else of the start is written
 * or run: what runs depends on the answer. A child takes its own later, by a question of its first leg.
 *
 * Throws `LOCK_KEYS_INVALID`, `LOCK_HELD` where it does not want to wait, `LOCK_BUSY` where another start on the same key does not commit.
 */
export async function takeLocks<Trx>(
  tx: SagaTransaction<Trx>,
  { name, locks }: SagaDefinition,
  { sagaId, input }: LockTaker,
): Promise<StartedLocks | undefined> {
  const keys = locks === null ? [] : lockKeysFor(name, locks, input);
  if (locks === null || keys.length === 0) return undefined;
  const answer = await tx.enqueueLocks({ sagaId, keys, whenHeld: locks.whenHeld });
  switch (answer.kind) {
    case 'held':
    case 'waiting':
      return { keys, status: answer.kind };
    case 'refused':
      throw new SagaError('LOCK_HELD', `saga '${name}' was not started: '${answer.key}' is held by ${answer.heldBy}`, {
        fields: { saga: name, key: answer.key, heldBy: answer.heldBy },
        hint: "start it again once that saga is over, or let it wait: whenHeld: 'wait'",
      });
    case 'busy':
      throw new SagaError('LOCK_BUSY', `another transaction is starting a saga on one of the same keys`, {
        fields: { saga: name, keys },
        hint: 'try again: the other start has not committed yet',
      });
    default:
      return answer satisfies never;
  }
}
