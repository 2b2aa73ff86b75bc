import type { Direction } from '@backstitch/messaging';
import type { FenceRow } from './fence-store.js';
import { settledRow } from './pending-reply.js';
import type { Answer } from './reply-message.js';

/**
 * What the fence remembers of an answer. Nothing of a failed attempt, so that the next one runs again; and nothing of a declined undo: whoever
 * retries that means it, and the handler must be asked again.
 */
export function rowAfter(row: FenceRow, direction: Direction, answer: Answer): FenceRow | undefined {
  const { outcome, dataJson } = answer;
  if (direction === 'undo')
    return outcome === 'succeeded' ? settledRow(row, { status: 'undone', undoReply: dataJson }) : undefined;
  if (outcome === 'succeeded') return settledRow(row, { status: 'succeeded', doReply: dataJson });
  if (outcome === 'declined') return settledRow(row, { status: 'declined', doReply: declinedReply(answer) });
  return undefined;
}

function declinedReply({ code, dataJson }: Answer): string {
  return JSON.stringify({ code, detail: dataJson });
}
