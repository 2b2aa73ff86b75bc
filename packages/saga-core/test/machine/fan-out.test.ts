import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOutputOf } from '../../src/machine/author.js';
import { Drive } from './drive.js';
import { charge, retry, saga, shop, timeout } from './sagas.js';

const input = z.object({ skus: z.array(z.string()) });
const base = saga('fan', { version: 1, input });
const each = {
  over: ({ input: given }: { input: { skus: string[] } }) => given.skus,
  with: ({ item, index }: { item: string; index: number }) => ({ sku: item, index }),
  compensate: { command: shop.release, with: ({ item, sent }: { item: string; sent: object }) => ({ item, sent }) },
  concurrency: 2,
  retry,
  timeout,
} as const;
const fan = base
  .invokeEach('hold', shop.hold, each)
  .invoke('charge', shop.charge, charge)
  .output(({ steps }) => ({ held: steps.hold }));
function raise(message: string): never {
  throw new Error(message);
}
const start = (skus: readonly string[], definition: typeof fan = fan) => new Drive(definition, { skus }).start();

describe('a fan-out', () => {
  it('keeps so many items under way, each with a command and a payload of its own', () => {
    const drive = start(['a', 'b', 'c']);
    expect(drive.takeCommands()).toMatchObject([
      { step: 'hold[0]', commandId: 's/hold[0]/1/do', data: { sku: 'a', index: 0 } },
      { step: 'hold[1]', commandId: 's/hold[1]/1/do', data: { sku: 'b', index: 1 } },
    ]);
    drive.succeeds('hold[1]', { id: 'B' });
    expect(drive.takeSent()).toEqual(['hold[2] do#1']);
    expect(drive.step('hold')).toBe('dispatched');
  });

  it('is done when all are, and answers their outputs in the order of the list', () => {
    const drive = start(['a', 'b', 'c']).succeeds('hold[1]', { id: 'B' }).succeeds('hold[0]', { id: 'A' });
    drive.takeSent();
    drive.succeeds('hold[2]', { id: 'C' });
    expect(drive.step('hold')).toBe('succeeded');
    expect(drive.takeSent()).toEqual(['charge do#1']);
    drive.succeeds('charge', {});
    expect(drive.status).toBe('completed');
    expect(sagaOutputOf(fan, drive.instance)).toEqual({ held: [{ id: 'A' }, { id: 'B' }, { id: 'C' }] });
  });

  it('of an empty list is done at once', () => {
    const drive = start([]);
    expect(drive.step('hold')).toBe('succeeded');
    expect(drive.takeSent()).toEqual(['charge do#1']);
    expect(start([]).declines('charge').status).toBe('compensated');
  });

  it('asks for its list once: a later answer of the function has no say', () => {
    let asked = 0;
    const definition = base
      .invokeEach('hold', shop.hold, {
        ...each,
        concurrency: 1,
        over: () => {
          asked += 1;
          return asked === 1 ? ['a', 'b'] : [];
        },
      })
      .build();
    const drive = new Drive(definition, { skus: [] }).start().succeeds('hold[0]', {}).succeeds('hold[1]', {});
    expect(drive.status).toBe('completed');
    expect(asked).toBe(1);
  });

  it('turns back where one item is declined: the rest is undone, so many at a time, and what was not begun never is', () => {
    const drive = start(['a', 'b', 'c', 'd', 'e'])
      .succeeds('hold[0]', { id: 'A' })
      .succeeds('hold[1]', { id: 'B' })
      .succeeds('hold[2]', { id: 'C' });
    drive.takeSent();
    drive.declines('hold[4]');
    // The unknown one first; beside it as many as may be under way.
    expect(drive.takeSent()).toEqual(['hold[3] undo#1', 'hold[0] undo#1']);
    expect([drive.status, drive.step('hold')]).toEqual(['compensating', 'compensating']);
    drive.undone('hold[3]');
    expect(drive.takeCommands()).toMatchObject([
      { step: 'hold[1]', direction: 'undo', data: { item: 'b', sent: { sku: 'b', index: 1 } } },
    ]);
    drive.undone('hold[0]', 'hold[1]', 'hold[2]');
    expect([drive.status, drive.step('hold'), drive.step('hold[4]')]).toEqual([
      'compensated',
      'compensated',
      'declined',
    ]);
  });

  it('is undone as a whole where a later step is declined', () => {
    const drive = start(['a', 'b', 'c']).succeeds('hold[0]', {}).succeeds('hold[1]', {}).succeeds('hold[2]', {});
    drive.takeSent();
    drive.declines('charge');
    expect(drive.takeSent()).toEqual(['hold[0] undo#1', 'hold[1] undo#1']);
    drive.undone('hold[1]');
    expect(drive.takeSent()).toEqual(['hold[2] undo#1']);
    expect(drive.undone('hold[0]', 'hold[2]').status).toBe('compensated');
  });

  it('takes back items that are still unsent', () => {
    const drive = start(['a', 'b']);
    drive.unsent.add('hold[1]');
    drive.declines('hold[0]');
    expect([drive.status, drive.step('hold[1]')]).toEqual(['compensated', 'skipped']);
  });

  it('retries an item by its own policy, and gives it up alone', () => {
    const drive = start(['a', 'b']);
    drive.takeSent();
    drive.fails('hold[1]').after(1_000);
    expect(drive.takeSent()).toEqual(['hold[1] do#2']);
    drive.fails('hold[1]');
    expect(drive.step('hold[1]')).toBe('compensating');
    expect(drive.takeSent()).toEqual(['hold[0] undo#1', 'hold[1] undo#1']);
  });

  it('discards replies for items that were never planned', () => {
    const drive = start(['a']);
    for (const key of ['hold[1]', 'hold[00]', 'hold[-1]', 'hold[x]', 'hold', 'charge[0]', '[0]', 'hold[0'])
      expect(drive.succeeds(key).reason).toBe('unknown step');
    expect(drive.succeeds('hold[0]', {}).reason).toBeUndefined();
  });

  it.each([
    ['is no list', () => 'abc', 'answered string, not a list'],
    ['is too long', () => Array.from({ length: 1_001 }, () => 'a'), '1001 items, more than 1000'],
    ['throws', () => raise('no list today'), 'no list today'],
    ['is a promise', async () => ['a'], 'not a list'],
  ])('parks where its list %s', (_, over, message) => {
    const definition = base.invokeEach('hold', shop.hold, { ...each, over: over as () => string[] }).build();
    const { state } = new Drive(definition, { skus: [] }).start().instance;
    expect(state.parked).toMatchObject({ step: 'hold', code: 'AUTHOR_CODE_FAILED' });
    expect(state.parked?.message).toContain(message);
  });

  it('parks for the one item whose payload cannot be made, and sends nothing of that wave', () => {
    const definition = base
      .invokeEach('hold', shop.hold, {
        ...each,
        with: ({ item }) => {
          if (item === 'b') throw new Error('no b');
          return { sku: item };
        },
      })
      .build();
    const drive = new Drive(definition, { skus: ['a', 'b'] }).start();
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold[1]' });
    expect(drive.takeSent()).toEqual([]);
    drive.give({
      kind: 'retry',
      actor: 'ann',
      reason: 'b is x',
      correction: { step: 'hold[1]', data: { sku: 'x' } },
    });
    expect(drive.takeSent()).toEqual([]);
    // Nothing of the wave was recorded, the list neither: it is planned anew.
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold[1]' });
  });

  it('skips or resolves one item by an operator’s word', () => {
    const definition = base
      .pivot('commit', shop.commit, { with: () => ({}) })
      .invokeEach('ship', shop.ship, {
        over: ({ input: given }) => given.skus,
        with: () => ({}),
        retry: { attempts: 1 },
        timeout,
      })
      .output(({ steps }) => steps.ship);
    const drive = new Drive(definition, { skus: ['a', 'b', 'c'] }).start().succeeds('commit', {});
    drive.declines('ship[1]');
    expect(drive.instance.state.parked).toMatchObject({ step: 'ship[1]', code: 'STEP_DECLINED' });
    drive.succeeds('ship[0]', { n: 0 }).succeeds('ship[2]', { n: 2 });
    drive.give({ kind: 'skip', actor: 'ann', reason: 'gift', step: 'ship[1]', output: { n: 1 } });
    expect(drive.status).toBe('completed');
    expect(drive.instance.output).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }]);
  });

  it('opens a round for the declined item alone, with a corrected payload', () => {
    const definition = base
      .pivot('commit', shop.commit, { with: () => ({}) })
      .invokeEach('ship', shop.ship, { over: ({ input: given }) => given.skus, with: () => ({}), timeout })
      .build();
    const drive = new Drive(definition, { skus: ['a', 'b'] }).start().succeeds('commit', {});
    drive.succeeds('ship[0]', {}).declines('ship[1]');
    drive.takeSent();
    const correction = { step: 'ship[1]', data: { to: 'elsewhere' } };
    drive.give({ kind: 'retry', actor: 'ann', reason: 'moved', correction });
    expect(drive.takeCommands()).toMatchObject([
      { commandId: 's/ship[1]/2/do', round: 2, data: { to: 'elsewhere' }, attempt: 1 },
    ]);
    expect(drive.succeeds('ship[1]', {}, { round: 2 }).status).toBe('completed');
  });

  it('is cancelled with its items under way', () => {
    const drive = start(['a', 'b', 'c']).verb('cancel');
    expect(drive.undone('hold[0]', 'hold[1]').status).toBe('compensated');
  });
});
