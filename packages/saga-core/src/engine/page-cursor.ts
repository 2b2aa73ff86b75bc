import { SagaError } from '../errors.js';
import type { InstanceOrder, InstancePosition } from './instance-reads.js';

/** What a cursor goes on with. */
export interface CursorMeaning {
  readonly order: InstanceOrder;
  /** Of the filter that the page before was listed by. */
  readonly fingerprint: string;
}

const form = 1;
const longest = 300;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Opaque to whoever holds it. It is no secret and proves nothing: it only says where to go on, and for which filter and order. */
export function writeCursor({ createdAt, id }: InstancePosition, { order, fingerprint }: CursorMeaning): string {
  return Buffer.from(JSON.stringify([form, order, fingerprint, createdAt, id])).toString('base64url');
}

/** Throws `CURSOR_INVALID` for what no page has answered, or one of another filter or order: its place would mean nothing. */
export function readCursor(cursor: string, { order, fingerprint }: CursorMeaning): InstancePosition {
  const parts = decode(cursor);
  const [found, itsOrder, itsFingerprint, createdAt, id] = parts;
  const isPosition =
    found === form &&
    parts.length === 5 &&
    typeof createdAt === 'number' &&
    Number.isSafeInteger(createdAt) &&
    Math.abs(createdAt) <= 8.64e15 &&
    typeof id === 'string' &&
    uuid.test(id);
  if (!isPosition) throw invalid('this is no cursor', 'give the cursor of the page before as it is, or none');
  if (itsOrder !== order || itsFingerprint !== fingerprint) {
    throw invalid(
      'this cursor is of another filter or order',
      'go on with the filter and order of the page that answered it',
    );
  }
  return { createdAt, id };
}

function decode(cursor: string): readonly unknown[] {
  if (typeof cursor !== 'string' || cursor.length > longest) return [];
  try {
    const parts: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    return [];
  }
}

function invalid(message: string, hint: string): SagaError {
  return new SagaError('CURSOR_INVALID', message, { hint });
}
