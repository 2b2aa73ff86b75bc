import { type TestDatabase, testDatabase } from '@backstitch/devkit/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createIdempotency, type Idempotency } from '../src/index.js';
import { type Driver, effects, freshTables, pgDriver } from './drivers.js';

let server: TestDatabase;
let open: ReturnType<Driver<unknown>['open']>;
let idempotency: Idempotency<unknown>;
beforeAll(async () => {
  server = await testDatabase();
  open = (pgDriver as Driver<unknown>).open(server.url);
  idempotency = createIdempotency({ database: open.database });
});
afterAll(async () => {
  await open.close();
  await server.drop();
});

/** Where a key lives, and which payload comes with it. */
interface Target {
  readonly tenant: 'a' | 'b';
  readonly key: 'k1' | 'k2';
  readonly payload: 1 | 2;
}

type Step =
  | { readonly kind: 'once' | 'lease'; readonly target: Target; readonly end: 'returns' | 'throws' }
  /** The work returns, and then the caller's transaction rolls back. */
  | { readonly kind: 'rolled back'; readonly target: Target }
  | { readonly kind: 'expire'; readonly target: Target }
  | { readonly kind: 'prune' };

const target = fc.record<Target>({
  tenant: fc.constantFrom('a', 'b'),
  key: fc.constantFrom('k1', 'k2'),
  payload: fc.constantFrom(1, 1, 1, 2),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constantFrom('once' as const, 'lease' as const),
      target,
      end: fc.constantFrom('returns' as const, 'returns' as const, 'throws' as const),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rolled back' as const), target }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('expire' as const), target }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'prune' as const }) },
);

/** What a step must answer: once-ness without a database. */
class Model {
  readonly #kept = new Map<string, { readonly payload: number; readonly value: number }>();
  readonly effects: string[] = [];

  apply(each: Step, at: number): string {
    if (each.kind === 'prune') return 'done';
    const name = nameOf(each.target);
    if (each.kind === 'expire') {
      this.#kept.delete(name);
      return 'done';
    }
    const kept = this.#kept.get(name);
    if (kept !== undefined && kept.payload !== each.target.payload) return 'mismatch';
    if (each.kind === 'rolled back') return 'rolled back';
    if (kept !== undefined) return `replayed ${kept.value}`;
    if (each.end === 'throws') return 'threw';
    this.#kept.set(name, { payload: each.target.payload, value: at });
    this.effects.push(`${name} ${at}`);
    return `fresh ${at}`;
  }
}

const nameOf = ({ tenant, key }: Target): string => `${tenant}/${key}`;

const seed = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31));

it(`answers what the model answers, whatever the order of calls, failures, expiry and pruning (SEED=${seed})`, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 24 }), async (steps) => {
      await freshTables(open.database);
      const model = new Model();
      for (const [at, each] of steps.entries()) expect(await perform(each, at)).toBe(model.apply(each, at));
      expect((await effects(open.database)).toSorted()).toEqual(model.effects.toSorted());
    }),
    { numRuns: 40, seed },
  );
});

async function perform(each: Step, at: number): Promise<string> {
  switch (each.kind) {
    case 'prune':
      await idempotency.prune();
      return 'done';
    case 'expire':
      await expire(each.target);
      return 'done';
    case 'rolled back':
      return callOnce(each.target, at, { work: 'returns', transaction: 'rolls back' });
    case 'once':
      return callOnce(each.target, at, { work: each.end, transaction: 'commits' });
    case 'lease':
      return callLease(each.target, at, each.end);
  }
}

async function callOnce(
  whose: Target,
  at: number,
  end: { readonly work: 'returns' | 'throws'; readonly transaction: 'commits' | 'rolls back' },
): Promise<string> {
  const rollBack = new Error('rolled back');
  try {
    return await open.database.transaction(async (trx, sql) => {
      const outcome = await idempotency.tryOnce(trx, optionsOf(whose), async () => {
        await sql.query('insert into effect (name) values ($1)', [`${nameOf(whose)} ${at}`]);
        if (end.work === 'throws') throw new Error('threw');
        return at;
      });
      if (outcome.kind !== 'mismatch' && end.transaction === 'rolls back') throw rollBack;
      return told(outcome);
    });
  } catch (error) {
    return (error as Error).message;
  }
}

async function callLease(whose: Target, at: number, end: 'returns' | 'throws'): Promise<string> {
  try {
    const outcome = await idempotency.lease(optionsOf(whose), async () => {
      if (end === 'throws') throw new Error('threw');
      await open.database.sql.query('insert into effect (name) values ($1)', [`${nameOf(whose)} ${at}`]);
      return at;
    });
    return told(outcome);
  } catch (error) {
    return (error as Error).message;
  }
}

function told(outcome: { readonly kind: string; readonly value?: unknown }): string {
  return outcome.value === undefined ? outcome.kind : `${outcome.kind} ${String(outcome.value)}`;
}

function optionsOf({ tenant, key, payload }: Target) {
  return { tenant, scope: 'model', key, fingerprint: payload };
}

async function expire({ tenant, key }: Target): Promise<void> {
  await open.database.sql.query(
    `update backstitch.idem_keys set created_at = now() - interval '2 days', expires_at = now() - interval '1 day'
     where scope = $1 and request_id = $2`,
    [`tenant:${JSON.stringify([tenant, 'model'])}`, key],
  );
}
