import type { Database } from '@backstitch/postgres';
import { describe, expect, it } from 'vitest';
import { createOutbox, type OutboxMessage, type OutboxOptions, type OutboxTable } from '../../src/index.js';
import { createOutboxOver } from '../../src/outbox.js';

/** A database that tells of each statement. */
function fakeDatabase(): { readonly database: Database<object>; readonly statements: string[] } {
  const statements: string[] = [];
  const sql = {
    query: async (text: string) => {
      statements.push(text);
      return { rows: [], rowCount: 0, command: '' };
    },
  };
  const database: Database<object> = {
    sql,
    within: () => sql,
    transaction: (work) => work({}, sql),
  };
  return { database, statements };
}

const message: OutboxMessage = {
  topic: 'orders',
  aggregateType: 'order',
  aggregateId: 'o1',
  type: 'OrderPlaced',
  payload: 1,
};

describe("an outbox with relay: 'cdc'", () => {
  it.each<[string, Partial<OutboxMessage>, object]>([
    ['headers', { headers: { tenant: 'secret' } }, { field: 'headers.tenant', found: ['tenant'] }],
    ['deliverAfter', { deliverAfter: { ms: 5 } }, { field: 'deliverAfter', found: 5 }],
    ['deliverAfter', { deliverAfter: new Date(7) }, { field: 'deliverAfter', found: 7 }],
    ['maxRetries', { maxRetries: 9 }, { field: 'maxRetries', found: 9 }],
  ])('refuses a message with %s before anything is written', async (_, given, fields) => {
    const { database, statements } = fakeDatabase();
    const outbox = createOutbox({ database, relay: 'cdc' });
    const both = [message, { ...message, ...given }];
    await expect(outbox.publish({}, both)).rejects.toMatchObject({
      name: 'OutboxError',
      code: 'CDC_UNSUPPORTED',
      hint: expect.any(String),
      fields: { type: 'OrderPlaced', ...fields },
    });
    await expect(outbox.transaction((_trx, publish) => publish(both))).rejects.toMatchObject({
      code: 'CDC_UNSUPPORTED',
    });
    expect(statements).toEqual([]);
  });

  it('takes headers that are empty, and no place in the lane', async () => {
    const { database, statements } = fakeDatabase();
    const outbox = createOutbox({ database, relay: 'cdc' });
    await outbox.publish({}, { ...message, headers: {}, ordering: 'none' });
    expect(statements).toHaveLength(1);
  });

  it.each<[string, Partial<OutboxOptions<object>>, unknown]>([
    ['hints', { hints: { send: () => undefined } }, 'of type object'],
    ['traceContext', { traceContext: () => ({}) }, 'of type function'],
    ['bornLeaseMs', { bornLeaseMs: 1_000 }, 1_000],
    ['maxRetries', { maxRetries: 1 }, 1],
  ])('refuses the option %s when it is created', (field, given, found) => {
    const { database } = fakeDatabase();
    expect(() => createOutbox({ database, relay: 'cdc', ...given })).toThrowError(
      expect.objectContaining({ code: 'OPTIONS_INVALID', fields: { field, found, relay: 'cdc' } }),
    );
  });

  it('is refused on a database of another kind, by its type and when it is created', () => {
    const { database } = fakeDatabase();
    const table = {} as OutboxTable<object>;
    // @ts-expect-error only a relay fits
    const create = () => createOutboxOver({ database, table, relay: 'cdc' });
    expect(create).toThrowError(
      expect.objectContaining({ code: 'OPTIONS_INVALID', fields: { field: 'relay', found: 'cdc' } }),
    );
  });
});
