/** A message that was put aside, as it is stored. */
export interface DeadLetter {
  /** A decimal number. */
  readonly id: string;
  readonly messageKey: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string | null;
  readonly value: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly timestampMs: number;
  /**
   * `quarantined`: nobody could read it. `failed`: its handler threw at every attempt. `held`: waits behind one of its key. `redriven`: handled
   * later. `discarded`: given up by an operator.
   */
  readonly status: 'quarantined' | 'failed' | 'held' | 'redriven' | 'discarded';
  /** `RECORD_CUT`, `MESSAGE_KEY_MISSING`, `MESSAGE_UNREADABLE`, `HANDLER_FAILED` or `KEY_HELD`. */
  readonly code: string;
  /** The error's name and code; never its message, which may quote the payload. */
  readonly error: string | null;
  readonly attempts: number;
  readonly createdAt: Date;
  readonly settledAt: Date | null;
}

export interface DeadLetterRow {
  readonly id: string;
  readonly message_key: string;
  readonly topic: string;
  readonly partition: number;
  readonly record_offset: string;
  readonly record_key: string | null;
  readonly record_value: string | null;
  readonly record_headers: string;
  readonly record_at: Date;
  readonly status: DeadLetter['status'];
  readonly code: string;
  readonly error: string | null;
  readonly attempts: number;
  readonly created_at: Date;
  readonly settled_at: Date | null;
}

export function toDeadLetter(row: DeadLetterRow): DeadLetter {
  return {
    id: row.id,
    messageKey: row.message_key,
    topic: row.topic,
    partition: row.partition,
    offset: row.record_offset,
    key: textOf(row.record_key),
    value: textOf(row.record_value),
    headers: JSON.parse(row.record_headers) as Record<string, string>,
    timestampMs: row.record_at.getTime(),
    status: row.status,
    code: row.code,
    error: row.error,
    attempts: row.attempts,
    createdAt: row.created_at,
    settledAt: row.settled_at,
  };
}

function textOf(stored: string | null): string | null {
  return stored === null ? null : (JSON.parse(stored) as string);
}
