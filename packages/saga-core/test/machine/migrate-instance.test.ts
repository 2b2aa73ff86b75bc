import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineMigration } from '../../src/machine/define-migration.js';
import { fold } from '../../src/machine/evolve.js';
import { Drive } from './drive.js';
import { charge, hold, line, retry, saga, shop, timeout } from './sagas.js';

const note = { with: () => ({}), compensate: 'nothing to undo', retry, timeout } as const;
const forward = { with: () => ({}), retry: { backoff: '1s', jitter: 'none' }, timeout } as const;
const head = (version: number) => saga('line', { version, input: z.looseObject({}) });
/** As `line`, with 'hold' called 'holdStock'. */
const renamed = head(2)
  .invoke('holdStock', shop.hold, hold)
  .invoke('charge', shop.charge, charge)
  .pivot('commit', shop.commit, forward)
  .invoke('ship', shop.ship, forward)
  .build();
const rename = defineMigration(line, renamed, { rename: { hold: 'holdStock' } });
const back = defineMigration(renamed, line, { rename: { holdStock: 'hold' } });

describe('an instance that is moved while a renamed step is under way', () => {
  it('takes the answer, sends again and undoes under the name that it began with', () => {
    const drive = new Drive(line).start().migrated(rename);
    expect(drive.instance).toMatchObject({ version: 2, hash: renamed.hash, seq: 2 });
    expect(drive.instance.state.steps).toMatchObject({ holdStock: { status: 'dispatched', round: 1 } });
    expect(drive.takeCommands().map(({ commandId }) => commandId)).toEqual(['s/hold/1/do']);
    drive.fails('holdStock').wakes(2);
    expect(drive.takeCommands()).toMatchObject([{ commandId: 's/hold/1/do', step: 'hold', attempt: 2 }]);
    drive.succeeds('holdStock', { id: 'h' }).declines('charge');
    expect(drive.takeCommands().map(({ commandId }) => commandId)).toEqual(['s/charge/1/do', 's/hold/1/undo']);
    expect(drive.undone('holdStock').instance.state).toMatchObject({ status: 'compensated' });
  });

  it('tells it in one entry with who, why and what, from which the same instance is folded', () => {
    const drive = new Drive(line).start().migrated(rename);
    expect(drive.journal.at(-1)).toEqual({
      seq: 2,
      at: 0,
      cause: { kind: 'migrate', actor: 'ann', reason: 'the new version' },
      events: [
        {
          kind: 'sagaMigrated',
          from: { version: 1, hash: line.hash },
          to: { version: 2, hash: renamed.hash },
          renamed: { hold: 'holdStock' },
          dropped: [],
          sentAs: { holdStock: 'hold' },
          retired: [],
          outputs: [],
        },
      ],
    });
    expect(fold({ status: 'running', steps: {} }, drive.journal).migrated).toEqual({ version: 2, hash: renamed.hash });
  });

  it('goes back as it came, and nothing is left of the other name', () => {
    const drive = new Drive(line).start().succeeds('hold', { id: 'h' });
    const { goesOnAt: _, ...state } = drive.migrated(rename).migrated(back).instance.state;
    expect(state).toEqual(drive.instance.state);
  });

  it('keeps the first name through a second renaming', () => {
    const third = head(3)
      .invoke('take', shop.hold, hold)
      .invoke('charge', shop.charge, charge)
      .pivot('commit', shop.commit, forward)
      .invoke('ship', shop.ship, forward)
      .build();
    const again = defineMigration(renamed, third, { rename: { holdStock: 'take' } });
    const drive = new Drive(line).start().migrated(rename).migrated(again);
    expect(drive.instance.state.sentAs).toEqual({ take: 'hold' });
    expect(drive.succeeds('take').declines('charge').takeCommands().at(-1)?.commandId).toBe('s/hold/1/undo');
  });

  it('stays parked for the same step under its new name, and goes on when it is let go', () => {
    const drive = new Drive(line).start().breaksContract('hold').migrated(rename);
    expect(drive.instance.state.parked).toMatchObject({ step: 'holdStock', code: 'CONTRACT_BROKEN' });
    expect(drive.wakeAt).toBeNull();
    drive.takeSent();
    expect(drive.verb('retry').takeCommands()).toMatchObject([{ commandId: 's/hold/1/do', attempt: 2 }]);
  });
});

describe('a list and a child that are renamed', () => {
  const part = saga('part', { version: 1, input: z.looseObject({}) })
    .invoke('hold', shop.hold, hold)
    .build();
  const build = (version: number, [list, child]: readonly [string, string]) =>
    saga('whole', { version, input: z.looseObject({}) })
      .invokeEach(list as 'list', shop.hold, { over: () => [1, 2], ...hold })
      .child(child as 'child', part, { with: () => ({}) })
      .build();
  const [first, second] = [build(1, ['hold', 'part']), build(2, ['holdAll', 'begin'])];
  const migration = defineMigration(first, second, { rename: { hold: 'holdAll', part: 'begin' } } as never);

  it('keep the ids of their items and the child that they have', () => {
    const drive = new Drive(first).start().succeeds('hold[1]', { at: 1 }).migrated(migration);
    expect(drive.instance.state.steps).toMatchObject({
      'holdAll[0]': { status: 'dispatched' },
      'holdAll[1]': { status: 'succeeded' },
    });
    drive.takeSent();
    expect(drive.wakes(3).takeCommands()).toMatchObject([{ commandId: 's/hold[0]/1/do', step: 'hold[0]', attempt: 2 }]);
    drive.succeeds('holdAll[0]', { at: 0 });
    const key = 's/part/1/do';
    expect(drive.last).toMatchObject({ effects: [{ kind: 'startChild', step: 'begin', key }] });
    const gone = { kind: 'childFinished', step: 'begin', round: 1 } as const;
    drive.give({ ...gone, outcome: { kind: 'compensated', failure: { step: 'hold', code: 'NO', message: 'no' } } });
    expect(
      drive
        .takeCommands()
        .map(({ commandId }) => commandId)
        .sort(),
    ).toEqual(['s/hold[0]/1/undo', 's/hold[1]/1/undo']);
    expect(drive.undone('holdAll[0]', 'holdAll[1]').status).toBe('compensated');
  });

  it('keep the instance where it is while they are dropped with an item under way, or a child that would be left alone', () => {
    const neither = saga('whole', { version: 3, input: z.looseObject({}) })
      .invoke('other', shop.note, note)
      .build();
    const gone = defineMigration(first, neither, { drop: ['hold', 'part'] } as never);
    const drive = new Drive(first).start();
    expect(drive.stays(gone)).toContain("'hold' is dispatched, and is dropped");
    drive.succeeds('hold[0]').succeeds('hold[1]');
    expect(drive.stays(gone)).toContain("'hold' has succeeded, and nobody would undo it");
  });
});

describe('a step that is gone', () => {
  const noted = head(1).invoke('note', shop.note, note).sleep('rest', '1h').invoke('hold', shop.hold, hold).build();
  const brief = head(2).invoke('hold', shop.hold, hold).build();
  const brevity = defineMigration(noted, brief, { drop: ['note', 'rest'] });

  it('is awaited first, if a participant is at it', () => {
    expect(new Drive(noted).start().stays(brevity)).toBe("notYet: 'note' is dispatched, and is dropped");
  });

  it('that only waited is over at once: the instance goes on by itself', () => {
    const drive = new Drive(noted).start().succeeds('note').migrated(brevity);
    expect(drive.instance.state.steps).toEqual({});
    expect(drive.instance.state.retired).toEqual(['note']);
    expect(drive.wakeAt).toBe(0);
    drive.takeSent();
    expect(drive.wakes().takeSent()).toEqual(['hold do#1']);
    expect(drive.instance.state.goesOnAt).toBeUndefined();
  });

  it('keeps the instance where it is, if it would have to be undone', () => {
    const without = head(2)
      .invoke('charge', shop.charge, charge)
      .pivot('commit', shop.commit, forward)
      .invoke('ship', shop.ship, forward)
      .build();
    const migration = defineMigration(line, without, { drop: ['hold'] });
    const drive = new Drive(line).start().succeeds('hold');
    expect(drive.stays(migration)).toBe("refused: 'hold' has succeeded, and nobody would undo it: it is dropped");
    drive.succeeds('charge').succeeds('commit');
    expect(drive.migrated(migration).succeeds('ship').status).toBe('completed');
  });

  it('leaves its name to nobody whose commands the fence would take for its own', () => {
    const other = head(3).invoke('hold', shop.hold, hold).invoke('note', shop.note, note).build();
    const again = defineMigration(brief, other, {});
    const drive = new Drive(noted).start().succeeds('note').migrated(brevity);
    expect(drive.stays(again)).toContain("commands of a step that was dropped carried the name 'note'");
    expect(new Drive(brief).start().stays(again)).toBe('migrated');
  });
});

describe('a step that is new', () => {
  const more = head(2)
    .invoke('hold', shop.hold, hold)
    .invoke('weigh', shop.note, note)
    .invoke('charge', shop.charge, charge)
    .pivot('commit', shop.commit, forward)
    .invoke('ship', shop.ship, forward)
    .build();

  it('is done when its turn comes', () => {
    const drive = new Drive(line).start().migrated(defineMigration(line, more, {}));
    drive.takeSent();
    expect(drive.succeeds('hold').takeSent()).toEqual(['weigh do#1']);
  });

  it('whose place was passed is not done late: the instance stays, unless somebody says what it would have answered', () => {
    const drive = new Drive(line).start().succeeds('hold');
    expect(drive.stays(defineMigration(line, more, {}))).toBe(
      "refused: it has passed the place of 'weigh' in version 2, and would do it late",
    );
    const seen: unknown[] = [];
    const skip = defineMigration(line, more, {
      skip: {
        weigh: (context) => {
          seen.push(context);
        },
      },
    });
    const moved = drive.migrated(skip);
    expect(moved.step('weigh')).toBe('skipped');
    expect(moved.events.at(-1)).toEqual({ kind: 'stepSkipped', step: 'weigh', why: 'migrated' });
    expect(seen).toMatchObject([{ input: {}, steps: { hold: undefined } }]);
    expect(moved.succeeds('charge').succeeds('commit').succeeds('ship').status).toBe('completed');
  });

  it('is of no concern to an instance that goes back', () => {
    const drive = new Drive(line).start().succeeds('hold').declines('charge');
    expect(drive.migrated(defineMigration(line, more, {})).undone('hold').status).toBe('compensated');
  });
});

describe('an instance stays where it is', () => {
  const other = (build: (start: ReturnType<typeof head>) => { build(): typeof line }) =>
    defineMigration(line, build(head(2)).build(), {});

  it('where the pivot would move past it', () => {
    const earlier = other(
      (start) =>
        start
          .pivot('hold', shop.hold, forward)
          .invoke('charge', shop.charge, forward)
          .invoke('commit', shop.commit, forward)
          .invoke('ship', shop.ship, forward) as never,
    );
    expect(new Drive(line).start().stays(earlier)).toBe("refused: 'hold' was before the pivot and 'hold' is the pivot");
    const later = other(
      (start) =>
        start
          .invoke('hold', shop.hold, hold)
          .invoke('charge', shop.charge, charge)
          .invoke('ship', shop.ship, note)
          .pivot('commit', shop.commit, forward) as never,
    );
    const committed = new Drive(line).start().succeeds('hold').succeeds('charge').succeeds('commit');
    expect(committed.stays(later)).toContain("'ship' was after the pivot and 'ship' is before the pivot");
    expect(new Drive(line).start().stays(later)).toBe('migrated');
  });

  it('where an undo would be lost, or go to whoever has no fence of the effect, and while what is sent would be another command', () => {
    const unguarded = other(
      (start) =>
        start
          .invoke('hold', shop.hold, note)
          .invoke('charge', shop.charge, charge)
          .pivot('commit', shop.commit, forward)
          .invoke('ship', shop.ship, forward) as never,
    );
    const drive = new Drive(line).start();
    expect(drive.stays(unguarded)).toBe(
      "notYet: 'hold' is dispatched as command shop.hold, undone by shop.release, and 'hold' is command shop.hold, nothing to undo",
    );
    expect(drive.succeeds('hold').stays(unguarded)).toBe(
      "refused: 'hold' has succeeded, and 'hold' would not be undone",
    );
  });

  it('where it has been at two steps that stand in another order', () => {
    const swapped = other(
      (start) =>
        start
          .invoke('charge', shop.charge, charge)
          .invoke('hold', shop.hold, hold)
          .pivot('commit', shop.commit, forward)
          .invoke('ship', shop.ship, forward) as never,
    );
    const drive = new Drive(line).start().succeeds('hold');
    expect(drive.stays(swapped)).toContain("'hold' and 'charge' stand in another order");
    expect(new Drive(line).start().stays(swapped)).toContain("it has passed the place of 'charge'");
  });

  it('where it is over, or on another version', () => {
    const over = new Drive(line).start().declines('hold');
    expect(over.stays(rename)).toBe('refused: it is compensated');
    expect(new Drive(line).start().migrated(rename).stays(rename)).toBe("refused: it is of saga 'line', version 2");
  });
});

describe('data that is mapped', () => {
  const first = saga('data', { version: 1, input: z.object({ cents: z.number() }) })
    .local('price', () => ({ cents: 5 }), { compensate: 'nothing to undo' })
    .waitFor('approval', z.object({ by: z.string() }))
    .build();
  const second = saga('data', { version: 2, input: z.object({ euros: z.number() }) })
    .local('price', () => ({ euros: 0.05 }), { compensate: 'nothing to undo' })
    .waitFor('approval', z.object({ by: z.string() }))
    .output(({ input, steps }) => ({ total: input.euros + steps.price.euros }));
  const migration = defineMigration(first, second, {
    input: ({ cents }) => ({ euros: cents / 100 }),
    outputs: { price: ({ cents }) => ({ euros: cents / 100 }) },
  });

  it('is what later steps read, and stands in the journal', () => {
    const drive = new Drive(first, { cents: 700 })
      .start()
      .local('price', { kind: 'succeeded', output: { cents: 300 } });
    const moved = drive.migrated(migration);
    expect(moved.instance.input).toEqual({ euros: 7 });
    expect(moved.events.at(-1)).toMatchObject({
      input: { euros: 7 },
      outputs: [{ step: 'price', output: { euros: 3 } }],
    });
    moved.give({ kind: 'signalled', step: 'approval', id: '1', body: { by: 'ann' } });
    expect(moved.instance.output).toEqual({ total: 10 });
  });

  it('that does not fit, or whose function throws, keeps the instance where it is', () => {
    const drive = new Drive(first, { cents: 700 })
      .start()
      .local('price', { kind: 'succeeded', output: { cents: 300 } });
    const wrong = defineMigration(first, second, { ...migrationOptions, input: () => ({ euros: 'x' }) as never });
    expect(drive.stays(wrong)).toMatch(/^refused: the migration's 'input' .*euros/);
    const thrower = defineMigration(first, second, {
      ...migrationOptions,
      outputs: {
        price: () => {
          throw new Error('no rate');
        },
      },
    });
    expect(drive.stays(thrower)).toContain("'outputs.price' threw: no rate");
    const asynchronous = defineMigration(first, second, {
      ...migrationOptions,
      outputs: { price: (async () => ({ euros: 1 })) as never },
    });
    expect(drive.stays(asynchronous)).toContain('it must not be async');
  });

  const migrationOptions = {
    input: ({ cents }: { cents: number }) => ({ euros: cents / 100 }),
    outputs: { price: ({ cents }: { cents: number }) => ({ euros: cents / 100 }) },
  };

  it('is waited for, where it is to come and only what is there can be mapped', () => {
    const shout = saga('data', { version: 3, input: z.object({ cents: z.number() }) })
      .local('price', () => ({ cents: 5 }), { compensate: 'nothing to undo' })
      .waitFor('approval', z.object({ by: z.string() }))
      .build();
    const louder = defineMigration(first, shout, { outputs: { approval: ({ by }) => ({ by: by.toUpperCase() }) } });
    const drive = new Drive(first, { cents: 1 }).start();
    drive.give({ kind: 'signalled', step: 'approval', id: '1', body: { by: 'ann' } });
    expect(drive.stays(louder)).toBe("notYet: a signal for 'approval' is kept and not taken yet");
    const waiting = new Drive(first, { cents: 1 }).start().local('price', { kind: 'succeeded', output: { cents: 3 } });
    expect(waiting.stays(louder)).toContain("'approval' is to answer still");
  });
});
