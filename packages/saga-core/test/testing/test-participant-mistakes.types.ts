/**
 * Mistakes in a user's test of a participant that the compiler must refuse. Nothing here runs: `tsc -p tsconfig.tests.json` fails where an
 * expected error does not come.
 */
import type { ParticipantTest } from '../../src/testing/index.js';
import { inventory } from './place-order.js';

export async function mistakes(t: ParticipantTest): Promise<void> {
  // 1. a payload of the wrong shape
  // @ts-expect-error skus is missing
  await t.do(inventory.reserve, { orderId: 'o1' });
  // 2. an undo without the place of what is undone
  // @ts-expect-error Expected 3 arguments
  await t.undo(inventory.release, { orderId: 'o1' });
  const answer = await t.do(inventory.reserve, { orderId: 'o1', skus: [] });
  // 3. a reply that is read before the outcome is known
  // @ts-expect-error Property 'reply' does not exist
  answer.reply;
  // 4. a refusal that the contract does not declare
  // @ts-expect-error no overlap with 'OUT_OF_STOCK'
  if (answer.outcome === 'declined' && answer.code === 'NO_SUCH') return;
  // 5. a field that the reply lacks
  // @ts-expect-error Property 'id' does not exist
  if (answer.outcome === 'succeeded') answer.reply.id;
}
