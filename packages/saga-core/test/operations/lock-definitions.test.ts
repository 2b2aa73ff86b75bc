import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { sagaOn } from '../../src/definition/saga.js';
import { assertLocked, checkLock, lockDefinitions, type SagaLock } from '../../src/operations/lock-definitions.js';
import { everyKind, mail } from './order-saga.js';

const saga = sagaOn<never>();
const input = z.looseObject({});
const nothing = { with: () => ({}), compensate: 'nothing to undo' } as const;
const first = saga('greet', { version: 1, input }).invoke('hello', mail.send, nothing).build();
const changed = saga('greet', { version: 1, input })
  .invoke('hello', mail.send, nothing)
  .invoke('again', mail.send, nothing)
  .build();
const second = { ...changed, version: 2 };

function stored(lock: SagaLock): SagaLock {
  return JSON.parse(JSON.stringify(lock));
}

describe('a lock', () => {
  it('allows what it was made of, in any order, with other timeouts', () => {
    const lock = stored(lockDefinitions([first, everyKind]));
    expect(lock.sagas.map(({ name }) => name)).toEqual(['every-kind', 'greet']);
    const slower = saga('greet', { version: 1, input })
      .invoke('hello', mail.send, { ...nothing, timeout: '1m' })
      .build();
    expect(checkLock(lock, [everyKind, slower])).toEqual([]);
  });

  it('refuses a shape that changed under its version, and says what changed', () => {
    const [violation, ...others] = checkLock(stored(lockDefinitions([first])), [changed]);
    expect(others).toEqual([]);
    expect(violation).toMatchObject({ kind: 'changed', saga: 'greet', version: 1 });
    expect(violation?.message).toContain("changed without a new version: 'again' is new");
    expect(violation?.changes.map(({ kind }) => kind)).toEqual(['version not raised', 'step added']);
  });

  it('asks to be written anew for a version that came, and for one that went', () => {
    const lock = stored(lockDefinitions([first]));
    expect(checkLock(lock, [first, second]).map(({ kind, version }) => [kind, version])).toEqual([['not locked', 2]]);
    expect(checkLock(lock, []).map(({ kind }) => kind)).toEqual(['removed']);
    expect(checkLock(stored(lockDefinitions([second, first], lock)), [first, second])).toEqual([]);
  });

  it('is not rewritten over a change that it forbids', () => {
    expect(() => lockDefinitions([changed], stored(lockDefinitions([first])))).toThrow(
      expect.objectContaining({ code: 'DEFINITION_CHANGED', fields: expect.objectContaining({ saga: 'greet' }) }),
    );
  });

  it('refuses two definitions of one version, and a file that is no lock', () => {
    expect(() => lockDefinitions([first, changed])).toThrow(expect.objectContaining({ code: 'DEFINITION_INVALID' }));
    for (const file of [{}, null, { lockVersion: 2, sagas: [] }, { lockVersion: 1 }]) {
      expect(() => checkLock(file as never, [])).toThrow(expect.objectContaining({ code: 'OPTION_INVALID' }));
    }
  });

  it('fails a test with all that is wrong, in words, and with what to do', () => {
    const lock = stored(lockDefinitions([first]));
    expect(() => assertLocked(lock, [first])).not.toThrow();
    expect(() => assertLocked(lock, [changed, second])).toThrow(
      [
        'the sagas are not what the lock says:',
        "  - saga 'greet' version 1 changed without a new version: 'again' is new: an instance that has passed its place would do it late",
        '    unsafe: the step list changed and the version is 1, after 1: open() refuses where instances live on what it was',
        "    safe for new ones only: 'again' is new: an instance that has passed its place would do it late",
        "  - saga 'greet' version 2 is not in the lock: write it anew",
        'give the changed step list a new version and keep the old one registered until its instances are done',
      ].join('\n'),
    );
    expect(() => assertLocked(lock, [first, second])).toThrow(/write the lock anew with lockDefinitions/);
  });
});
