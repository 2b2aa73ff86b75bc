import { contract } from '@backstitch/messaging';
import { describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { type InputOf, type OutputOf, SagaError, sagaOn, type StepsOf } from '../../src/index.js';
import { explore, type ExploreOptions } from '../../src/testing/index.js';
import { charge, fork, hold, line, shop } from '../machine/sagas.js';
import { bounded, boundedOutputs } from './bounded-saga.js';
import { exploredOrder } from './explored-order.js';
import { placeOrder } from './place-order.js';

// A busy machine may take long; how long is not what is tested.
vi.setConfig({ testTimeout: 60_000 });

type OrderOptions = ExploreOptions<InputOf<typeof placeOrder>, StepsOf<typeof placeOrder>, OutputOf<typeof placeOrder>>;

const order = (options: Partial<OrderOptions> = {}) => explore(placeOrder, { ...exploredOrder, ...options });

const build = sagaOn<never>();

describe('exploring the order saga', () => {
  it('finds nothing wrong with two faults', () => {
    const { violations, states, transitions, terminal, cutBy } = order();
    expect(violations).toEqual([]);
    expect(cutBy).toEqual(['maxFaults']);
    expect(states).toBeGreaterThan(20_000);
    expect(transitions).toBeGreaterThan(states);
    for (const count of Object.values(terminal)) expect(count).toBeGreaterThan(0);
  });

  it('finds nothing wrong where every attempt is the last one', () => {
    expect(order({ maxAttempts: 1, verbs: ['cancel'] }).violations).toEqual([]);
  });

  it('sees it complete in every order of answers where nothing goes wrong', () => {
    const { terminal, violations } = order({ maxFaults: 0 });
    expect(violations).toEqual([]);
    expect(terminal).toEqual({ completed: 1, compensated: 0, parked: 0, paused: 0 });
  });

  it('sees the same twice', () => {
    expect(order({ maxFaults: 1 })).toEqual(order({ maxFaults: 1 }));
  });
});

describe('exploring reaches, so that finding nothing means something,', () => {
  it.each(['skipped', 'declined', 'compensating', 'compensated'] as const)('a step that is %s', (status) => {
    const never = { name: 'never', check: (world: Seen) => world.step('reserveStock') !== status };
    expect(order({ maxFaults: 1, maxAttempts: 1, invariants: [never] }).violations).toHaveLength(1);
  });

  it.each(['completed', 'compensated', 'compensating', 'parked'] as const)('a saga that is %s', (status) => {
    const never = { name: 'never', check: (world: Seen) => world.status !== status };
    expect(order({ maxFaults: 1, invariants: [never] }).violations).toHaveLength(1);
  });

  it('a payment that was captured while nobody knows it yet', () => {
    const never = {
      name: 'never',
      check: (world: Seen) =>
        world.effects('capturePayment').done === 0 || world.step('capturePayment') === 'succeeded',
    };
    expect(order({ maxFaults: 0, invariants: [never] }).violations).toHaveLength(1);
  });
});

describe('exploring participants that answer later', () => {
  const pair = build('pair', { version: 1, input: z.looseObject({}) })
    .parallel((branches) => branches.invoke('hold', shop.hold, hold).invoke('charge', shop.charge, charge))
    .build();
  const later = {
    input: {},
    outputs: { hold: {}, charge: {} },
    accepts: ['hold'],
    maxAttempts: 1,
    verbs: ['cancel', 'pause', 'resume'],
  } as const;

  it('finds nothing wrong, whenever the answer comes and whatever it meets', () => {
    const { violations, states, cutBy } = explore(pair, { ...later, maxFaults: 1 });
    expect(violations).toEqual([]);
    expect(cutBy).toEqual(['maxFaults']);
    expect(states).toBeGreaterThan(2 * explore(pair, { ...later, accepts: [], maxFaults: 1 }).states);
  });

  it('reaches a step whose participant works on it while it is undone', () => {
    const never = {
      name: 'never',
      check: (world: { effects(step: 'hold'): { readonly done: number }; step(name: 'hold'): string }) =>
        world.step('hold') !== 'compensating' || world.effects('hold').done === 0,
    };
    expect(explore(pair, { ...later, maxFaults: 1, invariants: [never] }).violations).toHaveLength(1);
  });

  it('takes only remote steps', () => {
    const accepts = ['createOrder'] as const;
    expect(() => order({ accepts })).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
  });
});

type Seen = Parameters<NonNullable<OrderOptions['invariants']>[number]['check']>[0];

describe('an operator who is explored', () => {
  const options = { input: {}, outputs: boundedOutputs, maxFaults: 2 } as const;
  const never = (check: (world: BoundedWorld) => boolean) => [{ name: 'never', check }];
  type BoundedWorld = Parameters<
    NonNullable<ExploreOptions<unknown, StepsOf<typeof bounded>, unknown>['invariants']>[number]['check']
  >[0];

  it('skips a step behind the pivot that was given up, effect or not', () => {
    const invariants = never(({ status, effects }) => status !== 'completed' || effects('ship').done === 1);
    const { violations } = explore(bounded, { ...options, verbs: ['skip'], invariants });
    expect(violations[0]?.path.join()).toContain('operator to bounded: skip ship');
  });

  it('resolves a pivot that was given up, where it is known to have been declined', () => {
    const invariants = never(({ status, failure }) => status !== 'compensated' || failure?.code !== 'RESOLVED');
    const { violations } = explore(bounded, { ...options, verbs: ['resolve'], invariants });
    expect(violations[0]?.path.join()).toContain('operator to bounded: resolve commit as declined');
  });

  it('says what is true at the participant only, unless told otherwise; a lie shows in the history', () => {
    const lying = { ...options, verbs: ['resolve'], resolutions: 'any' } as const;
    expect(explore(bounded, { ...lying, resolutions: 'truthful' }).violations).toEqual([]);
    const { violations } = explore(bounded, lying);
    expect(violations).toMatchObject([{ invariant: 'what the machine believes of a step is true' }]);
    expect(violations[0]?.path.at(-1)).toContain('operator to bounded: resolve');
  });
});

describe('exploring other sagas', () => {
  it('finds nothing wrong with branches side by side, one of which has nothing to undo', () => {
    const outputs = { hold: {}, charge: {} };
    expect(explore(fork, { input: {}, outputs, maxFaults: 1, maxAttempts: 1 }).violations).toEqual([]);
  });

  it('finds nothing wrong with a remote step behind the pivot, parked and retried', () => {
    const outputs = { hold: {}, charge: {}, commit: {}, ship: {} };
    const { violations, terminal } = explore(line, { input: {}, outputs, maxAttempts: 1, verbs: ['retry'] });
    expect(violations).toEqual([]);
    expect(terminal.parked).toBeGreaterThan(0);
  });

  it('finds nothing wrong where an operator skips and resolves what was given up', () => {
    const { violations, terminal } = explore(bounded, { input: {}, outputs: boundedOutputs, maxFaults: 3 });
    expect(violations).toEqual([]);
    for (const count of Object.values(terminal)) expect(count).toBeGreaterThan(0);
  });

  it('finds nothing wrong with one that waits for a signal, calls the outside and sleeps', () => {
    const { violations, terminal } = explore(transfer, {
      input: { amount: 5 },
      outputs: transferOutputs,
      verbs: ['cancel'],
    });
    expect(violations).toEqual([]);
    expect(terminal.completed).toBeGreaterThan(0);
    expect(terminal.compensated).toBeGreaterThan(0);
  });
});

const request = z.object({ amount: z.number() });
const ledger = contract('ledger', { hold: { request, reply: z.object({ id: z.string() }) }, drop: { request } });
const transfer = build('transfer', { version: 1, input: request })
  .invoke('hold', ledger.hold, {
    with: (ctx) => ctx.input,
    compensate: { command: ledger.drop, with: ({ sent }) => sent },
  })
  .waitFor('approval', z.object({ by: z.string() }), { timeout: '2d' })
  .call('wire', async () => ({ reference: 'w1' }), { compensate: async () => {}, retry: { attempts: 2 } })
  .sleep('settle', '30d')
  .pivot('book', () => ({ booked: true }))
  .output(({ steps }) => ({ by: steps.approval.by, reference: steps.wire.reference }));
const transferOutputs = {
  hold: { id: 'h' },
  approval: { by: 'ada' },
  wire: { reference: 'w' },
  book: { booked: true },
};

describe('a mistake in the saga', () => {
  // `output` is undefined where nobody knows whether the hold took effect: the compiler says so, and is silenced here.
  const careless = build('careless', { version: 1, input: request })
    .invoke('hold', ledger.hold, {
      with: (ctx) => ctx.input,
      compensate: {
        command: ledger.drop,
        with: ({ output }) => ({ amount: (output as { readonly id: string }).id.length }),
      },
      retry: { attempts: 1 },
    })
    .build();

  it('is found with the shortest way there, as a sequence diagram', () => {
    const { violations, summary } = explore(careless, { input: { amount: 1 }, outputs: { hold: { id: 'h' } } });
    expect(violations).toMatchObject([
      {
        invariant: 'nothing is parked that no rule parks',
        message: expect.stringContaining("'compensate' of step 'hold' threw"),
      },
    ]);
    expect(violations[0]?.path).toHaveLength(2);
    const diagram = violations[0]?.diagram ?? '';
    expect(diagram).toMatch(/^sequenceDiagram\n {2}participant p0 as careless\n/);
    expect(diagram).toContain('!hold:STEP_TIMED_OUT');
    expect(diagram).toMatch(/Note over p0: VIOLATED parked with AUTHOR_CODE_FAILED.*$/);
    expect(summary).toContain(diagram);
    expect(summary).toContain('VIOLATED after 2 moves');
  });

  it('is found by an invariant of the author’s, with its own words', () => {
    const invariant = {
      name: 'a wired transfer is never undone',
      check: (world: { effects(step: 'wire'): { readonly undone: number } }) =>
        world.effects('wire').undone === 0 || 'the money has gone out and is asked back',
    };
    const options = { input: { amount: 5 }, outputs: transferOutputs, invariants: [invariant] };
    const { violations } = explore(transfer, options);
    expect(violations).toMatchObject([
      { invariant: 'a wired transfer is never undone', message: 'the money has gone out and is asked back' },
    ]);
    expect(violations[0]?.path.join('\n')).toContain('call wire undo: takes effect');
  });
});

describe('the report', () => {
  it('says what it does not prove', () => {
    expect(order({ maxFaults: 0 }).summary).toContain('Your handlers, local functions and SQL did not run.');
  });

  it('says which bound cut it', () => {
    expect(order({ maxStates: 50 })).toMatchObject({ states: 50, cutBy: ['maxStates'] });
    expect(order({ maxDepth: 3 }).cutBy).toContain('maxDepth');
  });
});

describe('options that cannot be used', () => {
  const codeOf = (options: Partial<ExploreOptions<unknown, unknown, unknown>>): string | undefined => {
    try {
      order(options as Partial<OrderOptions>);
      return undefined;
    } catch (error) {
      return error instanceof SagaError ? error.code : String(error);
    }
  };

  it('are refused by name', () => {
    expect(codeOf({ input: { total: 'much' } })).toBe('INPUT_INVALID');
    expect(codeOf({ outputs: {} })).toBe('OPTION_INVALID');
    expect(codeOf({ outputs: { nothing: 1 } as never })).toBe('OPTION_INVALID');
    expect(codeOf({ declines: { nothing: { code: 'NO' } } as never })).toBe('OPTION_INVALID');
    expect(codeOf({ maxFaults: -1 })).toBe('OPTION_INVALID');
    expect(codeOf({ maxAttempts: 0 })).toBe('OPTION_INVALID');
    expect(codeOf({ verbs: ['shout' as never] })).toBe('OPTION_INVALID');
  });
});
