import { expect, it } from 'vitest';
import { createInstanceCache, type KnownInstance } from '../../src/engine/instance-cache.js';
import type { SagaInstance, SagaStatus } from '../../src/machine/instance.js';

function known(id: string, options: { readonly status?: SagaStatus; readonly output?: unknown } = {}): KnownInstance {
  const { status = 'running', output = 'x' } = options;
  const instance: SagaInstance = {
    ...{ id, saga: 's', version: 1, hash: 'h', input: { order: id }, seq: 1 },
    state: { status, steps: {} },
    bodies: { one: { output } },
  };
  return { instance, revision: 1, tags: {} };
}

it('answers what was kept last, until it is forgotten', () => {
  const cache = createInstanceCache({ maxInstances: 10, maxBytes: 100_000 });
  cache.keep(known('a'));
  cache.keep({ ...known('a'), revision: 2 });
  expect(cache.get('a')).toEqual({ ...known('a'), revision: 2 });
  cache.forget('a');
  expect(cache.get('a')).toBeUndefined();
});

it('lets go of what was not used for the longest time', () => {
  const cache = createInstanceCache({ maxInstances: 2, maxBytes: 100_000 });
  cache.keep(known('a'));
  cache.keep(known('b'));
  cache.get('a');
  cache.keep(known('c'));
  expect(['a', 'b', 'c'].map((id) => cache.get(id) !== undefined)).toEqual([true, false, true]);
});

it('is bounded by what instances take, also as they grow', () => {
  const cache = createInstanceCache({ maxInstances: 1_000, maxBytes: 100_000 });
  const ids = Array.from({ length: 100 }, (_, index) => `i${index}`);
  for (const id of ids) cache.keep(known(id, { output: 'x'.repeat(4_000) }));
  const kept = ids.filter((id) => cache.get(id) !== undefined);
  expect(kept.length).toBeGreaterThan(5);
  expect(kept.length).toBeLessThan(13);
  // Grown step by step, from what is kept: it is counted with what it has grown by.
  for (let step = 0; step < 30; step += 1) {
    const before = cache.get('i99') as KnownInstance;
    const bodies = { ...before.instance.bodies, [`step${step}`]: { output: 'x'.repeat(4_000) } };
    cache.keep({ ...before, instance: { ...before.instance, bodies } }, before);
    if (cache.get('i99') === undefined) break;
  }
  expect(cache.get('i99')).toBeUndefined();
});

it('keeps nothing of an instance that is over, nor anything where it is told so', () => {
  const cache = createInstanceCache({ maxInstances: 10, maxBytes: 100_000 });
  cache.keep(known('a'));
  cache.keep(known('a', { status: 'completed' }));
  expect(cache.get('a')).toBeUndefined();
  const off = createInstanceCache({ maxInstances: 0, maxBytes: 100_000 });
  off.keep(known('a'));
  expect(off.get('a')).toBeUndefined();
});

it('shares no object with whoever gave what a step answered', () => {
  const cache = createInstanceCache({ maxInstances: 10, maxBytes: 100_000 });
  const output = { lines: [{ sku: 'a' }], gone: undefined };
  cache.keep(known('a', { output }));
  output.lines.push({ sku: 'b' });
  const kept = cache.get('a')?.instance.bodies['one']?.output;
  // As the journal has it: what is undefined is not there.
  expect(kept).toStrictEqual({ lines: [{ sku: 'a' }] });
});
