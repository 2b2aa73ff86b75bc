import { silentLogger } from '@backstitch/messaging';
import { createVirtualClock } from '@backstitch/messaging/testing';
import { expect, it } from 'vitest';
import { z } from 'zod';
import type { AdvanceOptions } from '../../src/engine/advance-options.js';
import { createDefinitionRegistry } from '../../src/engine/definition-registry.js';
import { createSoloLegs } from '../../src/engine/solo-legs.js';
import { newInstance, sagaOn } from '../../src/index.js';

const definition = sagaOn()('slow', { version: 1, input: z.object({}) })
  .local('step', () => undefined, { compensate: 'nothing to undo' })
  .build();

it('a leg that does not end is spoken of once, and keeps its place and its instance', async () => {
  const clock = createVirtualClock();
  const warnings: string[] = [];
  const never = new Promise<never>(() => undefined);
  const options = {
    store: { transaction: () => never, classify: () => 'other' },
    definitions: createDefinitionRegistry([definition]),
    logger: { ...silentLogger, warn: (_: object, message: string) => void warnings.push(message) },
    clock,
    soloConcurrency: 1,
  } as unknown as AdvanceOptions<unknown>;
  const legs = createSoloLegs(options);
  const instance = newInstance(definition, { id: 'a', input: {}, now: 0 });
  const stored = { instance, revision: 1, tags: {}, startKey: null, createdAt: 0, updatedAt: 0 };
  void legs.run({
    ...{ kind: 'ready', sagaId: 'a', items: [], definition, stored, inputs: [], delivered: [], taken: [] },
    ...{ woken: false, isRemembered: false, now: 0 },
  });
  await clock.advance(29_999);
  expect(warnings).toEqual([]);
  await clock.advance(120_000);
  expect(warnings).toEqual([expect.stringContaining('has not ended')]);
  expect(legs.isBusy('a')).toBe(true);
});
