import { type Sql, savepoint } from '@backstitch/postgres';
import { KeyInFlightError } from '../errors.js';
import { toJsonText } from '../json-text.js';
import { withLockTimeout } from '../lock-timeout.js';
import { defaultLockTimeoutMs } from '../once.js';
import { requireName, requirePositive } from '../require-option.js';
import { finishMessage } from './finish-message.js';
import { insertMessage } from './insert-message.js';
import type { MessageId } from './message-id.js';
import { readMessage } from './read-message.js';

export interface ConsumeOptions {
  /** Who consumes: the group's name. Each consumer keeps its own account. */
  readonly consumer: string;
  /** Names the message, the same at every delivery: its id, not its offset (a producer that sends again gets another offset). */
  readonly messageKey: string;
  /** How long to wait for a rival who has the message in an open transaction, in milliseconds. Default 2,000. */
  readonly lockTimeoutMs?: number;
}

export interface ConsumeOutcome<T> {
  /** `fresh`: the work ran now. `duplicate`: it ran before, and this is what it answered then. */
  readonly kind: 'fresh' | 'duplicate';
  readonly value: T;
}

const maxRounds = 10;

export async function consumeOnce<T>(
  sql: Sql,
  call: { readonly table: string; readonly options: ConsumeOptions; work(): Promise<T> },
): Promise<ConsumeOutcome<T>> {
  const { consumer, messageKey } = call.options;
  const id = {
    table: call.table,
    consumer: requireName('consumer', consumer),
    messageKey: requireName('messageKey', messageKey),
  };
  const lockTimeoutMs = requirePositive('lockTimeoutMs', call.options.lockTimeoutMs ?? defaultLockTimeoutMs);
  // In a savepoint, so that work that throws leaves no claim behind where the caller goes on and commits.
  return savepoint(sql, async () => {
    const found = await withLockTimeout(sql, { lockTimeoutMs, fields: { consumer, messageKey } }, () =>
      claimMessage(sql, id),
    );
    if (found !== undefined) return { kind: 'duplicate', value: replyOf<T>(found.reply) };
    const value = await call.work();
    await finishMessage(sql, id, toJsonText(value));
    return { kind: 'fresh', value };
  });
}

/** Undefined where the message is ours now. */
async function claimMessage(sql: Sql, id: MessageId): Promise<{ readonly reply: string | null } | undefined> {
  for (let round = 0; round < maxRounds; round += 1) {
    if (await insertMessage(sql, id)) return undefined;
    const row = await readMessage(sql, id);
    if (row?.outcome === 'processed') return row;
    // Still being processed and yet visible: by our own transaction. Gone: pruned in between, so once more.
    if (row !== undefined) break;
  }
  throw new KeyInFlightError({ consumer: id.consumer, messageKey: id.messageKey });
}

function replyOf<T>(reply: string | null): T {
  // The row was written by the same consumer for the same message; its type is as sound as the consumer's own.
  return (reply === null ? undefined : JSON.parse(reply)) as T;
}
