import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';
import type { SagaDefinition } from '../../src/definition/step-definition.js';
import { compareDefinitions } from '../../src/operations/compare-definitions.js';
import { describeDefinition } from '../../src/operations/describe-definition.js';
import { randomSaga } from '../machine/random-saga.js';
import { bank, everyKind, mail, stock } from './order-saga.js';

const saga = sagaOn<never>();
const input = z.looseObject({});
const nothing = { with: () => ({}), compensate: 'nothing to undo' } as const;
const release = { with: () => ({}), compensate: { command: stock.release, with: () => ({}) } };

const head = (version: number) => saga('order', { version, input });
const was = head(1)
  .invoke('reserve', stock.reserve, release)
  .invoke('note', mail.send, nothing)
  .local('check', () => {}, { compensate: 'nothing to undo' })
  .pivot('capture', bank.capture, { with: () => ({}) })
  .build();

function kinds(after: SagaDefinition, before: SagaDefinition = was): string[] {
  return compareDefinitions(before, after).map((change) =>
    `${change.class}: ${change.kind} ${change.step ?? ''}`.trim(),
  );
}

describe('what a change means', () => {
  it('is nothing where nothing changed', () => {
    expect(compareDefinitions(was, was)).toEqual([]);
    expect(compareDefinitions(everyKind, JSON.parse(JSON.stringify(describeDefinition(everyKind))))).toEqual([]);
  });

  it('is safe for timeouts, policies and durations, under the same version', () => {
    const paced = saga('order', { version: 1, input, timeout: '1h' })
      .invoke('reserve', stock.reserve, { ...release, timeout: '5s', retry: { attempts: 9 } })
      .invoke('note', mail.send, nothing)
      .local('check', () => {}, { compensate: 'nothing to undo' })
      .pivot('capture', bank.capture, { with: () => ({}) })
      .build();
    expect(paced.hash).toBe(was.hash);
    expect(kinds(paced)).toEqual(['safe: pace changed reserve', 'safe: pace changed']);
  });

  it('asks for a new version whatever else it is', () => {
    const longer = head(1).invoke('reserve', stock.reserve, release).build();
    expect(kinds(longer)[0]).toBe('unsafe: version not raised');
    const older = { ...head(1).invoke('reserve', stock.reserve, release).build(), version: 1 };
    expect(kinds(older, { ...was, version: 2 })[0]).toBe('unsafe: version not raised');
  });

  it('is safe for new ones only where a step is added, and concerns those that have passed its place', () => {
    const after = head(2)
      .invoke('reserve', stock.reserve, release)
      .local('count', () => 1, { compensate: 'nothing to undo' })
      .invoke('note', mail.send, nothing)
      .local('check', () => {}, { compensate: 'nothing to undo' })
      .pivot('capture', bank.capture, { with: () => ({}) })
      .build();
    const [change] = compareDefinitions(was, after);
    expect(kinds(after)).toEqual(['safe for new ones only: step added count']);
    expect(change?.concerns).toMatchObject([{ step: 'note' }, { step: 'check' }, { step: 'capture' }]);
  });

  it('is unsafe where a step goes whose effect must be undone or fenced, else needs a migration', () => {
    const after = head(2)
      .pivot('capture', bank.capture, { with: () => ({}) })
      .build();
    expect(kinds(after)).toEqual([
      'unsafe: step removed reserve',
      'unsafe: step removed note',
      'needs a migration: step removed check',
    ]);
  });

  it('sees that a step is renamed, and needs a migration: state is kept by name', () => {
    const after = head(2)
      .invoke('reserveStock', stock.reserve, release)
      .invoke('note', mail.send, nothing)
      .local('check', () => {}, { compensate: 'nothing to undo' })
      .pivot('capture', bank.capture, { with: () => ({}) })
      .build();
    expect(kinds(after)).toEqual(['needs a migration: step renamed reserve']);
  });

  it('sees another order, and what stood side by side', () => {
    const parallel = head(2)
      .parallel((branches) => branches.invoke('note', mail.send, nothing).invoke('reserve', stock.reserve, release))
      .local('check', () => {}, { compensate: 'nothing to undo' })
      .pivot('capture', bank.capture, { with: () => ({}) })
      .build();
    const [change] = compareDefinitions(was, parallel);
    expect(kinds(parallel)).toEqual(['safe for new ones only: order changed']);
    expect(change?.words).toContain('reserve, note, check, capture is now (note | reserve), check, capture');
    expect(change?.concerns).toMatchObject([{ step: 'reserve' }, { step: 'note' }]);
  });

  it('tells a command of the same participant from one of another', () => {
    const one = (command: typeof stock.reserve | typeof bank.authorize, version: number) =>
      head(version).invoke('reserve', command, nothing).build();
    const other = head(2).invoke('reserve', stock.release, nothing).build();
    expect(kinds(other, one(stock.reserve, 1))).toEqual(['safe for new ones only: command changed reserve']);
    expect(kinds(one(bank.authorize, 2), one(stock.reserve, 1))).toEqual(['unsafe: participant changed reserve']);
  });

  it('tells an undo that is removed from one that is added or another', () => {
    const undo = (compensate: (typeof release)['compensate'] | 'nothing to undo', version: number) =>
      head(version)
        .invoke('reserve', stock.reserve, { with: () => ({}), compensate })
        .build();
    const reserveAgain = { command: stock.reserve, with: () => ({}) };
    expect(kinds(undo('nothing to undo', 2), undo(release.compensate, 1))).toEqual(['unsafe: undo removed reserve']);
    expect(kinds(undo(release.compensate, 2), undo('nothing to undo', 1))).toEqual([
      'safe for new ones only: undo added reserve',
    ]);
    const changed = head(2)
      .invoke('reserve', stock.reserve, { with: () => ({}), compensate: reserveAgain })
      .build();
    expect(kinds(changed, undo(release.compensate, 1))).toEqual(['safe for new ones only: undo changed reserve']);
  });

  it('is unsafe where the point of no return moves', () => {
    const before = head(1)
      .invoke('note', mail.send, nothing)
      .pivot('capture', bank.capture, { with: () => ({}) })
      .build();
    const after = head(2)
      .pivot('capture', bank.capture, { with: () => ({}) })
      .invoke('note', mail.send, { with: () => ({}) })
      .build();
    expect(kinds(after, before)).toEqual(['safe for new ones only: order changed', 'unsafe: pivot changed']);
    const none = head(2).invoke('note', mail.send, nothing).invoke('capture', bank.capture, nothing).build();
    expect(kinds(none, before)).toEqual(['unsafe: pivot changed']);
  });

  it('needs a migration where a step is of another kind', () => {
    const before = head(1)
      .local('check', () => {}, { compensate: () => {} })
      .build();
    const after = head(2)
      .call('check', () => {}, { compensate: 'nothing to undo' })
      .build();
    expect(kinds(after, before)).toEqual(['needs a migration: kind changed check']);
  });

  it("sees a 'when' come and go", () => {
    const plain = head(1).invoke('note', mail.send, nothing).build();
    const asked = head(2)
      .invoke('note', mail.send, { ...nothing, when: () => true })
      .build();
    expect(kinds(asked, plain)).toEqual(['safe for new ones only: when changed note']);
    expect(compareDefinitions(asked, { ...plain, version: 3 })[0]?.concerns).toEqual([
      { step: 'note', statuses: ['skipped'] },
    ]);
  });

  it('takes a renamed saga for another one', () => {
    expect(kinds({ ...was, name: 'orders' })).toEqual(['unsafe: saga renamed']);
  });
});

describe('of any two sagas', () => {
  it('all changes are safe where the hashes agree, and some is not where they differ', () => {
    fc.assert(
      fc.property(randomSaga, randomSaga, (before, other) => {
        const after = { ...other, version: 2 };
        const unsafe = compareDefinitions(before, after).filter((change) => change.class !== 'safe');
        expect(unsafe.length > 0).toBe(before.hash !== after.hash);
      }),
      { numRuns: 300 },
    );
  });

  it('a description that went through JSON compares as the definition does', () => {
    fc.assert(
      fc.property(randomSaga, randomSaga, (before, after) => {
        const stored = JSON.parse(JSON.stringify(describeDefinition(before)));
        expect(compareDefinitions(stored, after)).toEqual(compareDefinitions(before, after));
      }),
      { numRuns: 100 },
    );
  });
});

describe('a description', () => {
  it('is plain JSON, with names, kinds, order, commands, undos, pivot and when', () => {
    const description = describeDefinition(everyKind);
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
    expect(description.hash).toBe(everyKind.hash);
    expect(description.stages[1]?.[0]).toMatchObject({
      name: 'reserveStock',
      kind: 'invoke',
      phase: 'compensatable',
      command: 'stock.reserve',
      undo: 'stock.release',
      when: false,
      pace: { timeoutMs: 10_000, retry: { attempts: 3 } },
    });
    expect(description.stages.flat().map(({ name, undo }) => `${name} ${undo}`)).toContain('book function');
  });
});
