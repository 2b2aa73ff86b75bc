import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';
import { checkAgainstPopulation } from '../../src/operations/check-against-population.js';
import { compareDefinitions } from '../../src/operations/compare-definitions.js';
import { bank, mail } from './order-saga.js';

const head = (version: number) => sagaOn<never>()('order', { version, input: z.looseObject({}) });
const nothing = { with: () => ({}), compensate: 'nothing to undo' } as const;
const before = head(1).invoke('note', mail.send, nothing).invoke('pay', bank.authorize, nothing).build();
const added = head(2)
  .invoke('note', mail.send, nothing)
  .local('count', () => 1, { compensate: 'nothing to undo' })
  .invoke('pay', bank.authorize, nothing)
  .invoke('thank', mail.send, nothing)
  .build();
const removed = head(2).invoke('note', mail.send, nothing).build();

describe('changes against who lives now', () => {
  it('are safe where nobody stands where they hurt', () => {
    const changes = compareDefinitions(before, added);
    const verdict = checkAgainstPopulation(changes, {
      live: 7,
      steps: [{ step: 'note', status: 'dispatched', count: 7 }],
    });
    expect(verdict).toMatchObject({ class: 'safe', live: 7 });
    expect(verdict.findings.map(({ atMost }) => atMost)).toEqual([0, 0]);
  });

  it('have the worst class of those that concern somebody', () => {
    const changes = compareDefinitions(before, removed);
    const steps = [
      { step: 'note', status: 'succeeded', count: 5 },
      { step: 'pay', status: 'dispatched', count: 2 },
      { step: 'pay', status: 'unknown', count: 1 },
      { step: 'pay', status: 'pending', count: 4 },
    ] as const;
    expect(checkAgainstPopulation(changes, { live: 7, steps })).toMatchObject({
      class: 'unsafe',
      findings: [{ change: { kind: 'step removed', step: 'pay' }, atLeast: 3, atMost: 3 }],
    });
  });

  it('bound how many they concern, because one instance may stand at several steps', () => {
    const before = head(1).invoke('a', mail.send, nothing).invoke('b', mail.send, nothing).build();
    const after = head(2)
      .local('count', () => 1, { compensate: 'nothing to undo' })
      .invoke('a', mail.send, nothing)
      .invoke('b', mail.send, nothing)
      .build();
    const steps = [
      { step: 'a', status: 'succeeded', count: 3 },
      { step: 'b', status: 'dispatched', count: 2 },
    ] as const;
    const { findings } = checkAgainstPopulation(compareDefinitions(before, after), { live: 4, steps });
    expect(findings).toMatchObject([{ atLeast: 3, atMost: 4 }]);
  });

  it('that concern all concern all who live, and nobody where nobody lives', () => {
    const changes = compareDefinitions(before, { ...removed, version: 1 });
    expect(checkAgainstPopulation(changes, { live: 2, steps: [] }).findings[0]).toMatchObject({
      atLeast: 2,
      atMost: 2,
    });
    expect(checkAgainstPopulation(changes, { live: 0, steps: [] }).class).toBe('safe');
  });

  it('refuses counts that cannot be', () => {
    const steps = [{ step: 'note', status: 'succeeded', count: 5 }] as const;
    for (const population of [
      { live: -1, steps: [] },
      { live: 1.5, steps: [] },
      { live: 4, steps },
    ]) {
      expect(() => checkAgainstPopulation([], population)).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    }
  });
});
