import { OutboxError } from './errors.js';
import type { OutboxStatus } from './outbox-operations.js';

export type OutboxVerb = 'requeue' | 'park' | 'unpark' | 'drop' | 'prune';

/** Who changes rows by hand, and why. Written to `outbox_audit` by the statement that changes them. */
export interface AuditNote {
  /** A person or a job: `ada@example.com`. */
  readonly actor: string;
  /** `OPS-1234: topic was missing`. */
  readonly reason: string;
}

export interface AuditEntry extends AuditNote {
  readonly at: Date;
  readonly verb: OutboxVerb;
  /** Null for pruning. */
  readonly rowId: string | null;
  /** How many rows; above 1 only for pruning. */
  readonly rowCount: number;
  readonly topic: string | null;
  readonly key: string | null;
  readonly eventType: string | null;
  readonly statusBefore: OutboxStatus | null;
  readonly lastError: string | null;
}

export interface AuditOptions {
  readonly limit: number;
  /** Of this message only. */
  readonly rowId?: string;
}

const longestText = 500;

/** Answers the note, or throws OPTIONS_INVALID: a change that nobody answers for is not made. */
export function requireNote({ actor, reason }: AuditNote): AuditNote {
  for (const [field, found] of Object.entries({ actor, reason })) {
    const isUsable =
      typeof found === 'string' && found.trim() !== '' && found.length <= longestText && !found.includes('\0');
    if (isUsable) continue;
    throw new OutboxError('OPTIONS_INVALID', `${field} says nothing, or too much.`, {
      fields: { field, found: typeof found === 'string' ? found.length : typeof found },
      hint: `Give ${field} as text of 1 to ${longestText} characters: it is kept in outbox_audit.`,
    });
  }
  return { actor, reason };
}
