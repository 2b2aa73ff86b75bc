import { describe, expect, it } from 'vitest';
import type { Resolution } from '../../src/machine/saga-input.js';
import { Drive } from './drive.js';
import { charge, hold, input, line, saga, shop } from './sagas.js';

const once = { retry: { attempts: 1 }, undoRetry: { attempts: 1 } } as const;
const pair = saga('pair', { version: 1, input })
  .parallel((branches) =>
    branches.invoke('hold', shop.hold, { ...hold, ...once }).invoke('charge', shop.charge, { ...charge, ...once }),
  )
  .invoke('last', shop.hold, { ...hold, ...once })
  .build();

const who = { actor: 'ann', reason: 'she looked' } as const;
const resolve = (drive: Drive, step: string, outcome: Resolution) =>
  drive.give({ kind: 'resolve', step, outcome, ...who });
const compensated = { kind: 'compensated' } as const;

/** Both undos are on their way, and that of hold has failed for good. */
const parkedAtHold = () =>
  new Drive(pair).start().succeeds('hold').succeeds('charge').declines('last').fails('hold', { direction: 'undo' });

describe('a resolution', () => {
  it('of the parked step lets the saga go on', () => {
    const drive = resolve(parkedAtHold(), 'hold', compensated);
    expect(drive.status).toBe('compensating');
    expect(drive.undone('charge').status).toBe('compensated');
  });

  it('of another step is kept, and does not move the one that stands still', () => {
    const drive = resolve(parkedAtHold(), 'charge', compensated);
    expect(drive.step('charge')).toBe('compensated');
    expect(drive.instance.state.parked).toMatchObject({ step: 'hold' });
    expect(resolve(drive, 'hold', compensated).status).toBe('compensated');
  });

  it('parks again where another step came to a stand meanwhile, and the alert names that one', () => {
    const drive = parkedAtHold().fails('charge', { direction: 'undo' });
    drive.alerts.length = 0;
    resolve(drive, 'hold', compensated);
    expect(drive.instance.state.parked).toMatchObject({ step: 'charge', code: 'STEP_FAILED', from: 'compensating' });
    expect(drive.alerts).toEqual(['STEP_FAILED']);
    drive.takeSent();
    expect(drive.verb('retry').takeSent()).toEqual(['charge undo#2']);
    expect(drive.undone('charge').status).toBe('compensated');
  });

  it('is refused where the instance is not parked, or the step does not stand so', () => {
    expect(resolve(new Drive(line).start(), 'hold', compensated).reason).toContain('not parked');
    expect(resolve(parkedAtHold(), 'last', compensated).reason).toContain("step 'last' is declined");
    expect(resolve(parkedAtHold(), 'nope', compensated).reason).toContain('no step');
  });

  it('as succeeded takes the output that was given, and advances', () => {
    const drive = new Drive(line).start().breaksContract('hold');
    drive.takeSent();
    resolve(drive, 'hold', { kind: 'succeeded', output: { id: 1 } });
    expect(drive.instance.bodies['hold']).toMatchObject({ output: { id: 1 } });
    expect(drive.takeSent()).toEqual(['charge do#1']);
  });
});

describe('a skip', () => {
  const skip = (drive: Drive, step: string) => drive.give({ kind: 'skip', step, ...who });

  it('of a step that was sent counts it as done, so that a turn back undoes it', () => {
    const drive = skip(new Drive(line).start().breaksContract('hold'), 'hold');
    expect(drive.step('hold')).toBe('succeeded');
    drive.takeSent();
    expect(drive.declines('charge').takeSent()).toEqual(['hold undo#1']);
  });

  it('of a step that has not begun leaves it out', () => {
    const drive = skip(new Drive(line).start(), 'charge').succeeds('hold');
    expect(drive.takeSent()).toEqual(['hold do#1', 'commit do#1']);
    expect(drive.declines('commit').takeSent()).toEqual(['hold undo#1']);
  });

  it('is refused for the pivot, for what is done, and while it is undone', () => {
    expect(skip(new Drive(line).start(), 'commit').reason).toContain('point of no return');
    expect(skip(new Drive(line).start().succeeds('hold'), 'hold').reason).toContain('is succeeded');
    expect(skip(parkedAtHold(), 'hold').reason).toContain('resolve the step instead');
  });
});
