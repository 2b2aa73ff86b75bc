import { contract } from '@backstitch/messaging';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';
import { SagaError } from '../../src/errors.js';

const shop = contract('shop', {
  hold: { request: z.object({}) },
  release: { request: z.object({}) },
  commit: { request: z.object({}) },
});
const other = contract('other', { release: { request: z.object({}) } });
const input = z.object({});
const saga = sagaOn<never>();
const head = () => saga('order', { version: 1, input });
const carries = { with: () => ({}) };
const open = { ...carries, compensate: 'nothing to undo' } as const;
/** What a JavaScript author can write: the compiler refuses each of these. */
const wrong = (value: unknown): never => value as never;

describe('a definition', () => {
  it('is data: stages in order, each step with its phase and place', () => {
    const definition = head()
      .local('create', () => 1, { compensate: () => {} })
      .parallel((branches) =>
        branches
          .invoke('hold', shop.hold, { ...carries, compensate: { command: shop.release, ...carries } })
          .local('note', () => 1, { compensate: 'nothing to undo' }),
      )
      .pivot('commit', shop.commit, carries)
      .local('close', () => 1)
      .build();
    const shape = definition.stages.map((stage) =>
      stage.map(({ name, kind, phase, stage: at }) => [name, kind, phase, at]),
    );
    expect(shape).toEqual([
      [['create', 'local', 'compensatable', 0]],
      [
        ['hold', 'invoke', 'compensatable', 1],
        ['note', 'local', 'compensatable', 1],
      ],
      [['commit', 'invoke', 'pivot', 2]],
      [['close', 'local', 'retriable', 3]],
    ]);
    expect([...definition.steps.keys()]).toEqual(['create', 'hold', 'note', 'commit', 'close']);
    expect(definition.output).toBeNull();
  });

  it('bounds what can be undone, and tries for ever what cannot', () => {
    const { steps } = head()
      .invoke('hold', shop.hold, open)
      .pivot('commit', shop.commit, carries)
      .invoke('after', shop.hold, carries)
      .build();
    expect(['hold', 'commit', 'after'].map((name) => steps.get(name)?.retry.attempts)).toEqual([3, null, null]);
    expect(steps.get('hold')?.undoRetry.attempts).toBeNull();
  });

  it('waits 30 seconds for a reply, unless told otherwise', () => {
    const { steps } = head()
      .invoke('hold', shop.hold, open)
      .invoke('longer', shop.hold, { ...open, timeout: '2h' })
      .build();
    expect(steps.get('hold')).toMatchObject({ timeoutMs: 30_000 });
    expect(steps.get('longer')).toMatchObject({ timeoutMs: 7_200_000 });
  });

  it('is frozen', () => {
    const definition = head().invoke('hold', shop.hold, open).build();
    expect(
      [definition, definition.stages, definition.stages[0], definition.stages[0]?.[0]].every(Object.isFrozen),
    ).toBe(true);
  });

  it('shares a beginning with another one, and neither writes into the other', () => {
    const start = head().invoke('hold', shop.hold, open);
    const left = start.invoke('left', shop.hold, open).build();
    const right = start.parallel((branches) => branches.invoke('right', shop.hold, open)).build();
    const pivoted = start.pivot('commit', shop.commit, carries).build();
    const again = start.pivot('commit', shop.commit, carries).build();
    expect([left, right, pivoted, again].map(({ steps }) => [...steps.keys()])).toEqual([
      ['hold', 'left'],
      ['hold', 'right'],
      ['hold', 'commit'],
      ['hold', 'commit'],
    ]);
  });
});

describe('the builder refuses, at run time too,', () => {
  const refusals: [string, () => unknown, string, RegExp][] = [
    [
      'a name that is no step name',
      () => head().local(wrong('1st'), () => 1, { compensate: 'nothing to undo' }),
      '1st',
      /beginning with a letter/,
    ],
    [
      'a name that is too long',
      () => head().local(wrong('s'.repeat(65)), () => 1, { compensate: 'nothing to undo' }),
      's'.repeat(65),
      /at most 64/,
    ],
    [
      'a name used twice',
      () => head().invoke('hold', shop.hold, open).invoke(wrong('hold'), shop.hold, wrong(open)),
      'hold',
      /a name of its own/,
    ],
    [
      'a name used twice in a group',
      () => head().parallel((b) => b.invoke('hold', shop.hold, open).invoke(wrong('hold'), shop.hold, wrong(open))),
      'hold',
      /a name of its own/,
    ],
    ['a forgotten compensation', () => head().invoke('hold', shop.hold, wrong(carries)), 'hold', /'nothing to undo'/],
    [
      'a compensation of other words',
      () => head().invoke('hold', shop.hold, wrong({ ...carries, compensate: 'none' })),
      'hold',
      /'nothing to undo'/,
    ],
    [
      'null as a compensation',
      () => head().invoke('hold', shop.hold, wrong({ ...carries, compensate: null })),
      'hold',
      /'nothing to undo'/,
    ],
    [
      'a compensation without a command',
      () => head().invoke('hold', shop.hold, wrong({ ...carries, compensate: carries })),
      'hold',
      /'nothing to undo'/,
    ],
    [
      'a compensation that does not say what it carries',
      () => head().invoke('hold', shop.hold, wrong({ ...carries, compensate: { command: shop.release } })),
      'hold',
      /'nothing to undo'/,
    ],
    [
      'a function to undo a remote step',
      () => head().invoke('hold', shop.hold, wrong({ ...carries, compensate: () => ({}) })),
      'hold',
      /\{ command, with \}/,
    ],
    [
      'a command to undo a local step',
      () => head().local('here', () => 1, wrong({ compensate: { command: shop.release, ...carries } })),
      'here',
      /a function/,
    ],
    [
      'an undo at another participant',
      () => head().invoke('hold', shop.hold, wrong({ ...carries, compensate: { command: other.release, ...carries } })),
      'hold',
      /same participant/,
    ],
    [
      'a compensation of the pivot',
      () => head().pivot('commit', shop.commit, wrong(open)),
      'commit',
      /retried until they succeed/,
    ],
    [
      'a compensation after the pivot',
      () => head().pivot('commit', shop.commit, carries).invoke('after', shop.hold, wrong(open)),
      'after',
      /retried until they succeed/,
    ],
    [
      'a second pivot',
      () =>
        (head().pivot('commit', shop.commit, carries) as unknown as ReturnType<typeof head>).pivot(
          'twice',
          shop.commit,
          carries,
        ),
      'twice',
      /one point of no return/,
    ],
    [
      'a pivot that may be skipped',
      () => head().pivot('commit', shop.commit, wrong({ ...carries, when: () => false })),
      'commit',
      /point of no return/,
    ],
    ['a step that runs nothing', () => head().invoke('hold', wrong({}), wrong(open)), 'hold', /contract\(\)/],
    ['a step that runs undefined', () => head().invoke('hold', wrong(undefined), wrong(open)), 'hold', /contract\(\)/],
    [
      "a command without 'with'",
      () => head().invoke('hold', shop.hold, wrong({ compensate: 'nothing to undo' })),
      'hold',
      /carries/,
    ],
    [
      'a timeout of nothing',
      () => head().invoke('hold', shop.hold, { ...open, timeout: '0ms' }),
      'hold',
      /at least 1ms/,
    ],
    ['a group without branches', () => head().parallel((branches) => branches), 'parallel', /at least one branch/],
    ['a saga without steps', () => head().build(), 'order', /at least one step/],
    [
      'a saga timeout of nothing',
      () => saga('order', { version: 1, input, timeout: '0s' }).invoke('hold', shop.hold, open).build(),
      'order',
      /at least 1ms/,
    ],
  ];

  it.each(refusals)('%s, naming step and saga and saying what to do', (_, build, step, hint) => {
    const error = thrownBy(build);
    expect(error).toMatchObject({
      code: 'DEFINITION_INVALID',
      fields: { saga: 'order', step },
      hint: expect.stringMatching(hint),
    });
    expect(error.message).toContain("saga 'order'");
    expect(error.message).toContain(step);
  });

  it.each<[string, () => unknown, string]>([
    ['no saga name', () => saga('1 order', { version: 1, input }), 'not a saga name'],
    ['no version', () => saga('order', wrong({ input })), 'version'],
    ['a broken version', () => saga('order', { version: 1.5, input }), '1.5'],
    ['a version below 1', () => saga('order', { version: 0, input }), '0'],
    ['a version that Postgres cannot hold', () => saga('order', { version: 2_147_483_648, input }), '2147483648'],
    ['no schema', () => saga('order', wrong({ version: 1, input: {} })), 'Standard Schema'],
  ])('a head with %s', (_, build, named) => {
    const error = thrownBy(build);
    expect(error).toMatchObject({ code: 'DEFINITION_INVALID', hint: expect.any(String) });
    expect(error.message).toContain(named);
  });

  it.each<[string, () => unknown, string]>([
    ['a step', () => head().invoke('hold', shop.hold, { ...open, timeout: wrong('30 seconds') }), 'order.hold.timeout'],
    [
      'a saga',
      () =>
        saga('order', { version: 1, input, timeout: wrong('soon') })
          .invoke('hold', shop.hold, open)
          .build(),
      'order.timeout',
    ],
    [
      'a retry',
      () => head().invoke('hold', shop.hold, { ...open, retry: { backoff: wrong('1') } }),
      'order.hold.retry.backoff',
    ],
    [
      'an undo’s retry',
      () => head().invoke('hold', shop.hold, { ...open, undoRetry: { maxBackoff: wrong('') } }),
      'order.hold.undoRetry.maxBackoff',
    ],
  ])('%s with a duration that is none, naming the field', (_, build, field) => {
    expect(thrownBy(build)).toMatchObject({ code: 'DURATION_INVALID', fields: { field } });
  });
});

function thrownBy(build: () => unknown): SagaError {
  try {
    build();
  } catch (error) {
    if (error instanceof SagaError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}
