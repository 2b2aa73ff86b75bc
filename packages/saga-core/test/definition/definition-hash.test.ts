import { contract } from '@backstitch/messaging';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fnv1a64 } from '../../src/definition/definition-hash.js';
import { sagaOn } from '../../src/definition/saga.js';

const shop = contract('shop', {
  hold: { request: z.looseObject({}) },
  release: { request: z.looseObject({}) },
  drop: { request: z.looseObject({}) },
});
const input = z.object({});
const saga = sagaOn<never>();
const head = (name = 'order', version = 1) => saga(name, { version, input });
const carries = { with: () => ({}) };
const open = { ...carries, compensate: 'nothing to undo' } as const;
const undone = { ...carries, compensate: { command: shop.release, ...carries } };
const base = head().invoke('hold', shop.hold, open).invoke('next', shop.hold, open).build();

describe('the hash of a definition', () => {
  it('is the same for the same shape', () => {
    expect(head().invoke('hold', shop.hold, open).invoke('next', shop.hold, open).build().hash).toBe(base.hash);
  });

  it.each([
    [
      'the version, which stands beside it',
      head('order', 2).invoke('hold', shop.hold, open).invoke('next', shop.hold, open).build(),
    ],
    [
      'functions',
      head()
        .invoke('hold', shop.hold, { ...open, with: () => ({ more: 1 }) })
        .invoke('next', shop.hold, open)
        .build(),
    ],
    [
      'timeouts',
      saga('order', { version: 1, input, timeout: '1h' })
        .invoke('hold', shop.hold, { ...open, timeout: '9s' })
        .invoke('next', shop.hold, open)
        .build(),
    ],
    [
      'retry policies',
      head()
        .invoke('hold', shop.hold, { ...open, retry: { attempts: 9 }, undoRetry: { attempts: 2 } })
        .invoke('next', shop.hold, open)
        .build(),
    ],
    [
      'the output',
      head()
        .invoke('hold', shop.hold, open)
        .invoke('next', shop.hold, open)
        .output(() => 1),
    ],
    [
      'the input’s schema',
      saga('order', { version: 1, input: z.object({ id: z.string() }) })
        .invoke('hold', shop.hold, open)
        .invoke('next', shop.hold, open)
        .build(),
    ],
  ])('does not cover %s', (_, { hash }) => {
    expect(hash).toBe(base.hash);
  });

  const others = {
    name: head('other').invoke('hold', shop.hold, open).invoke('next', shop.hold, open).build(),
    'a step’s name': head().invoke('held', shop.hold, open).invoke('next', shop.hold, open).build(),
    'the order': head().invoke('next', shop.hold, open).invoke('hold', shop.hold, open).build(),
    'a command': head().invoke('hold', shop.drop, open).invoke('next', shop.hold, open).build(),
    'a kind': head()
      .local('hold', () => 1, { compensate: 'nothing to undo' })
      .invoke('next', shop.hold, open)
      .build(),
    'that a local step is undone': head()
      .local('hold', () => 1, { compensate: () => {} })
      .invoke('next', shop.hold, open)
      .build(),
    'an undo': head().invoke('hold', shop.hold, undone).invoke('next', shop.hold, open).build(),
    'an undo’s command': head()
      .invoke('hold', shop.hold, { ...undone, compensate: { command: shop.drop, ...carries } })
      .invoke('next', shop.hold, open)
      .build(),
    'that a step may be skipped': head()
      .invoke('hold', shop.hold, { ...open, when: () => true })
      .invoke('next', shop.hold, open)
      .build(),
    'the pivot': head().invoke('hold', shop.hold, open).pivot('next', shop.hold, carries).build(),
    'a place after the pivot': head().pivot('hold', shop.hold, carries).invoke('next', shop.hold, carries).build(),
    'what runs side by side': head()
      .parallel((b) => b.invoke('hold', shop.hold, open).invoke('next', shop.hold, open))
      .build(),
    'a step more': head()
      .invoke('hold', shop.hold, open)
      .invoke('next', shop.hold, open)
      .invoke('last', shop.hold, open)
      .build(),
  };

  it.each(Object.keys(others) as (keyof typeof others)[])('covers %s', (what) => {
    expect(others[what].hash).not.toBe(base.hash);
  });

  it('tells all of these apart', () => {
    expect(new Set(Object.values(others).map(({ hash }) => hash)).size).toBe(Object.keys(others).length);
  });

  it('is FNV-1a of 64 bits, and does not move from release to release', () => {
    expect(fnv1a64('')).toBe('cbf29ce484222325');
    expect(fnv1a64('foobar')).toBe('85944171f73967e8');
    expect(base.hash).toBe('4bdf37dc4a9f2f23');
  });
});
