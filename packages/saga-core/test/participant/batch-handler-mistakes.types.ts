/**
 * Mistakes in a batch handler that the compiler must refuse. Nothing here runs: `tsc -p tsconfig.tests.json` fails where an expected error does
 * not come.
 */
import { contract } from '@backstitch/messaging';
import { z } from 'zod';
import { participantOn } from '../../src/participant/index.js';

const shelf = contract('shelf', {
  take: {
    request: z.object({ sku: z.string() }),
    reply: z.object({ left: z.number() }),
    errors: { EMPTY: z.object({ sku: z.string() }) },
  },
  back: { request: z.object({ sku: z.string() }) },
});
const participant = participantOn<{ readonly open: true }>();

// A command without a reply may answer nothing at all, or one nothing each.
participant(shelf, {
  take: { handleBatch: ({ commands }) => commands.map(() => ({ left: 1 })) },
  back: { handleBatch: async ({ trx }) => void trx.open },
});
participant(shelf, {
  take: ({ command }) => ({ left: command.payload.sku.length }),
  back: { handleBatch: ({ commands }) => commands.map(() => undefined) },
});

participant(shelf, {
  // @ts-expect-error a reply of the wrong shape
  take: { handleBatch: ({ commands }) => commands.map(() => ({ left: 'many' })) },
  back: () => undefined,
});
participant(shelf, {
  // @ts-expect-error a command with a reply answers each
  take: { handleBatch: async () => undefined },
  back: () => undefined,
});
participant(shelf, {
  take: {
    handleBatch: ({ commands, decline }) =>
      // @ts-expect-error a refusal that the contract does not declare
      commands.map(({ payload }) => decline('SOLD', { sku: payload.sku })),
  },
  back: () => undefined,
});
participant(shelf, {
  take: {
    // @ts-expect-error a payload has no such field
    handleBatch: ({ commands }) => commands.map(({ payload }) => ({ left: payload.count })),
  },
  back: () => undefined,
});
participant(shelf, {
  take: () => ({ left: 1 }),
  // @ts-expect-error an object without handleBatch
  back: {},
});
