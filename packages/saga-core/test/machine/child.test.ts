import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Drive as Driven, Drive } from './drive.js';
import { charge, hold, saga, shop } from './sagas.js';
import type { ChildOutcome } from '../../src/machine/saga-input.js';
import { newInstance } from '../../src/machine/instance.js';

const parcel = saga('parcel', { version: 1, input: z.object({ to: z.string().default('home') }) })
  .invoke('hold', shop.hold, hold)
  .invoke('charge', shop.charge, charge)
  .output(({ steps }) => ({ id: steps.hold }));
const order = saga('order', { version: 1, input: z.looseObject({}) })
  .child('parcel', parcel, { with: () => ({ to: 'work' }) })
  .invoke('charge', shop.charge, charge)
  .output(({ steps }) => ({ parcel: steps.parcel.id }));

const failure = { step: 'hold', code: 'OUT_OF_STOCK', message: 'none left' };
function finished(drive: Driven, outcome: ChildOutcome, round = 1): Driven {
  return drive.give({ kind: 'childFinished', step: 'parcel', round, outcome });
}
function effects(drive: Driven) {
  const { last } = drive;
  return last?.kind === 'moved' || last?.kind === 'paced' ? last.effects : [];
}

describe('a parent', () => {
  it('begins its child once, with the input as the child’s own schema makes it', () => {
    const drive = new Drive(order).start();
    expect(effects(drive)).toEqual([{ kind: 'startChild', step: 'parcel', round: 1, key: 's/parcel/1/do' }]);
    expect(drive.instance.bodies['parcel']).toEqual({ sent: { to: 'work' } });
    expect(drive.after(3_600_000).reason).toBe('not due');
  });

  it('parks where the input does not fit the child, and begins nothing', () => {
    const definition = saga('order', { version: 1, input: z.looseObject({}) })
      .child('parcel', parcel, { with: () => ({ to: 7 }) as never })
      .build();
    const drive = new Drive(definition).start();
    expect(drive.instance.state.parked).toMatchObject({ step: 'parcel', code: 'CONTRACT_BROKEN' });
    expect(effects(drive).filter(({ kind }) => kind === 'startChild')).toEqual([]);
    const correction = { step: 'parcel', data: {} };
    drive.give({ kind: 'retry', actor: 'ann', reason: 'as ordered', correction });
    expect(effects(drive)).toMatchObject([{ kind: 'startChild' }]);
    expect(drive.instance.bodies['parcel']).toEqual({ sent: { to: 'home' } });
  });

  it('goes on with the child’s output', () => {
    const drive = finished(new Drive(order).start(), { kind: 'completed', output: { id: 'p1' } }).succeeds(
      'charge',
      {},
    );
    expect(drive.instance.output).toEqual({ parcel: 'p1' });
  });

  it('turns back for the child’s reason where the child undid itself', () => {
    const drive = finished(new Drive(order).start(), { kind: 'compensated', failure });
    expect([drive.status, drive.step('parcel')]).toEqual(['compensated', 'declined']);
    expect(drive.instance.state.failure).toEqual({ step: 'parcel', code: 'OUT_OF_STOCK', message: 'none left' });
  });

  it('tells a completed child to turn back, and waits for it', () => {
    const drive = finished(new Drive(order).start(), { kind: 'completed', output: { id: 'p1' } }).declines('charge');
    expect(effects(drive)).toMatchObject([{ kind: 'undoChild', key: 's/parcel/1/do', failure: { code: 'NO' } }]);
    expect(finished(drive, { kind: 'completed' }).reason).toBe('late');
    expect(finished(drive, { kind: 'compensated', failure }).status).toBe('compensated');
    expect(finished(drive, { kind: 'compensated', failure }).reason).toBe('finished');
  });

  it('tells a child that is under way to turn back, and takes its "completed" for one that was on its way', () => {
    const drive = new Drive(order).start().verb('cancel');
    expect(effects(drive)).toMatchObject([{ kind: 'undoChild', failure: { code: 'SAGA_CANCELLED' } }]);
    expect(finished(drive, { kind: 'completed' }).reason).toBe('late');
    expect(drive.status).toBe('compensating');
    expect(finished(drive, { kind: 'compensated', failure }).status).toBe('compensated');
  });

  it('parks after the pivot where the child undid itself; a retry begins another child', () => {
    const definition = saga('order', { version: 1, input: z.looseObject({}) })
      .pivot('commit', shop.commit, { with: () => ({}) })
      .child('parcel', parcel, { with: () => ({ to: 'work' }) })
      .build();
    const drive = finished(new Drive(definition).start().succeeds('commit', {}), { kind: 'compensated', failure });
    expect(drive.instance.state.parked).toMatchObject({ step: 'parcel', code: 'STEP_DECLINED' });
    drive.verb('retry');
    expect(effects(drive)).toMatchObject([{ kind: 'startChild', round: 2, key: 's/parcel/2/do' }]);
    expect(finished(drive, { kind: 'completed' }).reason).toBe('other round');
    expect(finished(drive, { kind: 'completed', output: { id: 'p2' } }, 2).status).toBe('completed');
  });
});

class Child extends Drive {
  constructor() {
    super(parcel, { to: 'work' });
    const parent = { sagaId: 'p', step: 'parcel', round: 1 };
    this.instance = newInstance(parcel, { id: 's', input: { to: 'work' }, now: 0, parent });
  }
  turnsBack(): this {
    return this.give({ kind: 'parentTurnedBack', failure: { step: 'charge', code: 'NO', message: 'no' } });
  }
}
const told = (drive: Driven) => effects(drive).filter(({ kind }) => kind === 'tellParent');

describe('a child', () => {
  it('tells its parent what it answers', () => {
    const drive = new Child().start().succeeds('hold', { n: 1 }).succeeds('charge', {});
    const parent = { sagaId: 'p', step: 'parcel', round: 1 };
    expect(told(drive)).toEqual([
      { kind: 'tellParent', parent, outcome: { kind: 'completed', output: { id: { n: 1 } } } },
    ]);
  });

  it('tells its parent that it undid itself, and why', () => {
    const drive = new Child().start().declines('hold');
    expect(told(drive)).toMatchObject([{ outcome: { kind: 'compensated', failure: { step: 'hold', code: 'NO' } } }]);
  });

  it('is undone after it has completed, by its parent alone', () => {
    const drive = new Child().start().succeeds('hold', { n: 1 }).succeeds('charge', {});
    expect(drive.verb('cancel').reason).toBe('the instance is completed');
    drive.takeSent();
    drive.turnsBack();
    expect([drive.status, drive.instance.output]).toEqual(['compensating', undefined]);
    expect(drive.takeSent()).toEqual(['charge undo#1']);
    drive.undone('charge', 'hold');
    expect(drive.status).toBe('compensated');
    expect(told(drive)).toMatchObject([{ outcome: { kind: 'compensated', failure: { step: '', code: 'NO' } } }]);
    expect(drive.turnsBack().reason).toBe('already compensating');
  });

  it.each([
    ['under way', () => new Child().start()],
    ['parked', () => new Child().start().breaksContract('hold')],
    ['not yet begun', () => new Child()],
  ])('turns back with its parent while it is %s', (_, make) => {
    const drive = make().turnsBack();
    if (drive.step('hold') === 'compensating') drive.undone('hold');
    expect(drive.status).toBe('compensated');
    expect(told(drive)).toHaveLength(1);
  });

  it('is told once more while it undoes itself, and answers once', () => {
    const drive = new Child().start().succeeds('hold', {}).declines('charge').turnsBack();
    expect(drive.reason).toBe('already compensating');
    expect(told(drive.undone('hold'))).toHaveLength(1);
  });

  it('is nobody’s child where it was started by itself: nobody takes it back', () => {
    const drive = new Drive(parcel, {}).start().succeeds('hold', {}).succeeds('charge', {});
    expect(told(drive)).toEqual([]);
    drive.give({ kind: 'parentTurnedBack', failure });
    expect([drive.reason, drive.status]).toEqual(['not awaited', 'completed']);
  });
});

describe('the definition of a child', () => {
  const pivoted = saga('pivoted', { version: 1, input: z.looseObject({}) })
    .pivot('commit', shop.commit, { with: () => ({}) })
    .build();
  it('is refused before the pivot where it has one of its own, and taken behind it', () => {
    const base = saga('order', { version: 1, input: z.looseObject({}) });
    expect(() => base.child('parcel', pivoted as unknown as typeof parcel, { with: () => ({ to: 'x' }) })).toThrow(
      "whose pivot 'commit' comes before that of its parent",
    );
    const after = base.pivot('commit', shop.commit, { with: () => ({}) }).child('more', pivoted, { with: () => ({}) });
    expect(after.build().steps.get('more')?.kind).toBe('child');
  });
  it('is refused with a compensation, without an input, and where it is no saga', () => {
    const base = saga('order', { version: 1, input: z.looseObject({}) });
    const wrong = base.child as unknown as (...given: readonly unknown[]) => void;
    expect(() => wrong('a', parcel, { with: () => ({}), compensate: () => {} })).toThrow(
      'is a child and has a compensation',
    );
    expect(() => wrong('a', parcel, {})).toThrow("has no 'with'");
    expect(() => wrong('a', {}, { with: () => ({}) })).toThrow('has no saga as its child');
  });
});
