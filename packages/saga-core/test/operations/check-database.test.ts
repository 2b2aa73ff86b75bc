import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';
import type { SagaDefinition } from '../../src/definition/step-definition.js';
import type { Standing } from '../../src/engine/saga-store.js';
import { checkDatabase } from '../../src/operations/check-database.js';
import { databaseCheckText } from '../../src/operations/database-check-text.js';
import { lockDefinitions } from '../../src/operations/lock-definitions.js';
import { bank, mail } from './order-saga.js';

const head = (version: number) => sagaOn<never>()('order', { version, input: z.looseObject({}) });
const nothing = { with: () => ({}), compensate: 'nothing to undo' } as const;
const first = head(1).invoke('note', mail.send, nothing).invoke('pay', bank.authorize, nothing).build();
/** 'note' has another name, 'pay' is gone. */
const second = head(2).invoke('tell', mail.send, nothing).build();
const standing = (count: number, steps: Standing['steps'], { name, version, hash }: SagaDefinition): Standing => ({
  ...{ saga: name, version, hash, status: 'running', paused: false, steps, count },
});
const storeOf = (...standings: readonly Standing[]) => ({ standings: async () => standings });
const crowd = [
  standing(7, { note: 'dispatched' }, first),
  standing(5, { note: 'succeeded', pay: 'dispatched' }, first),
  standing(2, {}, first),
];

describe('a release against a database', () => {
  it('passes where every definition that somebody lives on is registered, and tells what the newest would mean for them', async () => {
    const check = await checkDatabase({
      store: storeOf(...crowd, standing(3, {}, second)),
      sagas: [second, first],
    });
    expect(check).toMatchObject({ exitCode: 0, live: 17 });
    expect(check.definitions).toMatchObject([
      {
        ...{ version: 1, fate: 'registered', live: 14, comparedWith: { version: 2 } },
        classes: { safe: 2, 'safe for new ones only': 0, 'needs a migration': 7, unsafe: 5 },
        standings: [{ count: 7 }, { count: 5 }, { count: 2 }],
      },
      { version: 2, fate: 'registered', live: 3, classes: { safe: 3 } },
    ]);
    expect(check.definitions[0]?.findings.map(({ change, count }) => [change.kind, change.step, count])).toEqual([
      ['step renamed', 'note', 12],
      ['step removed', 'pay', 5],
    ]);
    expect(databaseCheckText(check)).toContain('17 live instances, and all of them go on.\n');
  });

  it('fails where it lacks a version that somebody lives on, and counts them by what the lock says of it', async () => {
    const check = await checkDatabase({
      store: storeOf(...crowd),
      sagas: [second],
      lock: JSON.parse(JSON.stringify(lockDefinitions([first]))),
    });
    expect(check).toMatchObject({ exitCode: 3, definitions: [{ fate: 'missing', classes: { safe: 2, unsafe: 5 } }] });
    expect(databaseCheckText(check).split('\n')).toEqual([
      `order version 1 (${first.hash}): 14 live, MISSING in this release: nobody would move them`,
      '  carried over to version 2: safe 2, needs a migration 7, unsafe 5',
      expect.stringMatching(/^ {2}- needs a migration, 12: 'note' is now called 'tell'/),
      expect.stringMatching(/^ {2}- unsafe, 5: 'pay' is gone/),
      '14 live instances, and this release would leave some of them where they are.',
      '',
    ]);
  });

  it('fails where a version changed its shape, and where nobody knows the shape that somebody lives on', async () => {
    const changed = { ...second, version: 1 };
    const lock = lockDefinitions([first]);
    const slip = await checkDatabase({ store: storeOf(...crowd), sagas: [changed], lock });
    expect(slip).toMatchObject({ exitCode: 3, definitions: [{ fate: 'changed', classes: { unsafe: 14 } }] });
    expect(slip.definitions[0]?.findings[0]).toMatchObject({ change: { kind: 'version not raised' }, count: 14 });
    for (const sagas of [[second], []]) {
      const blind = await checkDatabase({ store: storeOf(...crowd), sagas });
      expect(blind).toMatchObject({ exitCode: 3, definitions: [{ fate: 'missing', classes: { unsafe: 14 } }] });
      expect(blind.definitions[0]).not.toHaveProperty('comparedWith');
      expect(databaseCheckText(blind)).toContain('is not known');
    }
  });

  it('takes an older release for a way back and not for a slip', async () => {
    const back = await checkDatabase({
      store: storeOf(standing(4, {}, second)),
      sagas: [first],
      lock: lockDefinitions([second]),
    });
    expect(back).toMatchObject({ exitCode: 3, definitions: [{ fate: 'missing', classes: { safe: 4 }, findings: [] }] });
  });

  it('has nothing to say of an empty database, and refuses a file that is no lock', async () => {
    expect(await checkDatabase({ store: storeOf(), sagas: [first] })).toEqual({
      exitCode: 0,
      live: 0,
      definitions: [],
    });
    const check = checkDatabase({ store: storeOf(), sagas: [first], lock: {} as never });
    await expect(check).rejects.toMatchObject({ code: 'OPTION_INVALID' });
  });
});
