import { contract } from '@backstitch/messaging';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compareDefinitions, describeDefinition, explain, sagaOn, toMermaid, toSvg, toText } from '../../src/index.js';
import { coverageEdges } from '../../src/operations/coverage-edge.js';
import { journalEdges } from '../../src/operations/journal-edges.js';
import { testSaga } from '../../src/testing/index.js';

const saga = sagaOn<never>();
const input = z.looseObject({});
const stock = contract('stock', {
  hold: { request: z.looseObject({}), errors: { SOLD_OUT: z.object({}) } },
  drop: { request: z.looseObject({}) },
  charge: { request: z.looseObject({}), errors: { POOR: z.object({}) } },
});
const parcel = saga('parcel', { version: 1, input })
  .sleep('dry', '1h')
  .invoke('tape', stock.hold, {
    with: () => ({}),
    compensate: { command: stock.drop, with: () => ({}) },
    timeout: '10s',
    retry: { attempts: 1 },
  })
  .build();
const each = {
  over: () => [1, 2],
  with: () => ({}),
  compensate: { command: stock.drop, with: () => ({}) },
  timeout: '10s',
  retry: { attempts: 1 },
} as const;
const ship = saga('ship', { version: 1, input })
  .invokeEach('hold', stock.hold, { ...each, concurrency: 3 })
  .child('pack', parcel, { with: () => ({}) })
  .invoke('charge', stock.charge, { with: () => ({}), compensate: 'nothing to undo' })
  .build();

describe('a saga with a list and a child', () => {
  it('is drawn with what they are and how they are undone', () => {
    expect(toText(ship)).toBe(
      [
        'ship version 1',
        '     hold    stock.hold for each, 3 at a time  undo: stock.drop',
        '     pack    saga parcel                       undo: by itself',
        '     charge  stock.charge                      nothing to undo',
      ].join('\n'),
    );
    expect(toMermaid(ship)).toContain('s1[["pack<br/>saga parcel"]]');
    expect(toMermaid(ship)).toContain('["undo pack<br/>by itself"]');
    expect(toSvg(ship)).toContain('stock.hold for each');
  });

  it('is drawn parked at its step where it is parked for an item', () => {
    const state = {
      status: 'parked',
      steps: { hold: { status: 'dispatched', round: 1 } },
      parked: { from: 'running', step: 'hold[1]', code: 'X', message: 'x', at: 0 },
    } as const;
    expect(toText(ship, { saga: 'ship', version: 1, state })).toContain('!     hold');
  });

  it('takes as long as its child does, and says what is undone', () => {
    const { prompt, worstMs } = explain(ship);
    expect(prompt).toMatchObject({ end: 'completed', ms: 3_600_000 });
    expect(prompt.actions.map(({ step, what }) => [step, what])).toEqual([
      ['hold', 'stock.hold'],
      ['pack', 'saga parcel'],
      ['charge', 'stock.charge'],
    ]);
    expect(worstMs).toBeGreaterThan(3_600_000 + 20_000);
    expect(explain(ship, { fail: { charge: 'declined' } }).prompt.undone).toEqual(['pack', 'hold']);
    expect(explain(ship, { fail: { pack: 'declined' } }).prompt).toMatchObject({ undone: ['hold'], kept: [] });
    expect(explain(ship, { fail: { hold: 'declined' } }).prompt).toMatchObject({ end: 'compensated', undone: [] });
    expect(() => explain(ship, { fail: { pack: 'timeout' } })).toThrow('fail.pack');
  });

  it('has edges of its list where its items took them', async () => {
    const edges = coverageEdges(ship).map(({ step, direction, outcome }) => `${step} ${direction} ${outcome}`);
    expect(edges).toEqual([
      'hold do succeeded',
      'hold do declined',
      'hold do unknown',
      'hold undo after success',
      'hold undo after unknown',
      'pack do succeeded',
      'pack do declined',
      'pack do unknown',
      'pack undo after success',
      'pack undo after unknown',
      'charge do succeeded',
      'charge do declined',
      'charge do unknown',
      'charge undo after unknown',
    ]);
    const run = await testSaga(ship)
      .given({})
      .child('pack', { compensated: { code: 'NO_BOX' } })
      .run();
    const taken = journalEdges(ship, run.journal).map(({ step, outcome }) => `${step} ${outcome}`);
    expect([...new Set(taken)]).toEqual(['hold succeeded', 'pack declined', 'hold after success']);
  });

  it('counts an undo of a child that is under way as one after unknown', async () => {
    const slow = testSaga(ship)
      .given({})
      .child('pack', { output: {} as never, after: '1h' });
    const run = await slow.at('1m', { kind: 'cancel' }).run();
    expect(journalEdges(ship, run.journal)).toContainEqual({
      step: 'pack',
      direction: 'undo',
      outcome: 'after unknown',
    });
  });

  it('is compared by its commands, its children, and how many are under way', () => {
    const other = saga('other', { version: 1, input }).sleep('nap', '1s').build();
    const changed = saga('ship', { version: 2, input })
      .invokeEach('hold', stock.hold, { ...each, concurrency: 9 })
      .child('pack', other, { with: () => ({}) })
      .invoke('charge', stock.charge, { with: () => ({}), compensate: 'nothing to undo' })
      .build();
    const changes = compareDefinitions(describeDefinition(ship), describeDefinition(changed));
    expect(changes.map(({ kind, step }) => [kind, step])).toEqual([
      ['pace changed', 'hold'],
      ['child changed', 'pack'],
    ]);
    expect(changed.hash).not.toBe(ship.hash);
  });
});
