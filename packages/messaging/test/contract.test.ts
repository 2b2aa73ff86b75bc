import { type } from 'arktype';
import * as v from 'valibot';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { z } from 'zod';
import {
  type Contract,
  commandsOf,
  contract,
  contractOptions,
  type ErrorsOf,
  type ReceivedOf,
  type ReplyOf,
  type RequestOf,
} from '../src/index.js';

const inventory = contract(
  'inventory',
  {
    reserve: {
      request: z.object({ orderId: z.string(), qty: z.number().default(1) }),
      reply: type({ reservationId: 'string' }),
      errors: { OUT_OF_STOCK: v.object({ sku: v.string() }) },
    },
    release: { request: z.object({ orderId: z.string() }) },
  },
  { fenceRetentionMs: 60_000 },
);
const request = z.object({});
// @ts-expect-error a bare JSON Schema is no Standard Schema
const bareSchema = () => contract('a', { go: { request: { type: 'object' } } });
// @ts-expect-error a request is needed
const noRequest = () => contract('a', { go: {} });

describe('a contract', () => {
  it('holds a command by each name', () => {
    expect(inventory.reserve).toMatchObject({
      kind: 'command',
      participant: 'inventory',
      name: 'inventory.reserve',
      fenceRetentionMs: 60_000,
    });
    expect(commandsOf(inventory).map((command) => command.name)).toEqual(['inventory.reserve', 'inventory.release']);
    expect(contractOptions(inventory)).toEqual({ participant: 'inventory', fenceRetentionMs: 60_000 });
  });

  it('remembers commands for 90 days unless told otherwise', () => {
    expect(contractOptions(contract('payment', { capture: { request } })).fenceRetentionMs).toBe(7_776_000_000);
  });

  it('cannot be changed, neither itself nor its commands', () => {
    for (const part of [inventory, inventory.reserve, inventory.reserve.spec, inventory.reserve.spec.errors]) {
      expect(Object.isFrozen(part)).toBe(true);
    }
  });

  it('types each command by its schemas', () => {
    expectTypeOf<RequestOf<typeof inventory.reserve>>().toEqualTypeOf<{ orderId: string; qty?: number | undefined }>();
    expectTypeOf<ReceivedOf<typeof inventory.reserve>>().toEqualTypeOf<{ orderId: string; qty: number }>();
    expectTypeOf<ReplyOf<typeof inventory.reserve>>().toEqualTypeOf<{ reservationId: string }>();
    expectTypeOf<ReplyOf<typeof inventory.release>>().toEqualTypeOf<void>();
    expectTypeOf<ErrorsOf<typeof inventory.reserve>>().toEqualTypeOf<{ OUT_OF_STOCK: { sku: string } }>();
    expectTypeOf(inventory.reserve.name).toEqualTypeOf<'inventory.reserve'>();
    expectTypeOf(inventory).toExtend<Contract>();
  });

  it.each([
    ['a participant with a dot', () => contract('a.b', { go: { request } }), 'participant'],
    ['an empty participant', () => contract('', { go: { request } }), 'participant'],
    ['a command that begins with a digit', () => contract('a', { '1st': { request } }), 'commands.1st'],
    [
      'a name that is too long with its participant',
      () => contract('a'.repeat(100), { ['b'.repeat(28)]: { request } }),
      `commands.${'b'.repeat(28)}`,
    ],
    ['no commands', () => contract('a', {}), 'commands'],
    [
      'an error code with a blank',
      () => contract('a', { go: { request, errors: { 'NO GO': request } } }),
      'commands.go.errors',
    ],
    ['no retention', () => contract('a', { go: { request } }, { fenceRetentionMs: 0 }), 'fenceRetentionMs'],
    [
      'a retention that is no number',
      () => contract('a', { go: { request } }, { fenceRetentionMs: Number.NaN }),
      'fenceRetentionMs',
    ],
    ['a request that is no schema', bareSchema, 'commands.go.request'],
    ['a missing request', noRequest, 'commands.go.request'],
  ])('is refused with %s', (_, make, field) => {
    expect(make).toThrow(
      expect.objectContaining({
        code: 'CONTRACT_INVALID',
        fields: expect.objectContaining({ field }),
        hint: expect.any(String),
      }),
    );
  });
});
