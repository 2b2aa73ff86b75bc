import { silentLogger, systemClock } from '@backstitch/messaging';
import { expect, it } from 'vitest';
import { z } from 'zod';
import { createCallRunner } from '../../src/engine/run-calls.js';
import { newInstance, sagaOn } from '../../src/index.js';

it('a call that never comes back and does not heed its signal gives up its place when its time is over', async () => {
  let secondIsMade = (): void => undefined;
  const second = new Promise<void>((resolve) => {
    secondIsMade = resolve;
  });
  const definition = sagaOn()('deaf', { version: 1, input: z.object({}) })
    .call('first', () => new Promise<void>(() => undefined), { compensate: 'nothing to undo', timeout: '20ms' })
    .call('second', () => secondIsMade(), { compensate: 'nothing to undo', timeout: '10s' })
    .build();
  const applied: string[] = [];
  const runner = createCallRunner({
    apply: async (items) => void applied.push(...items.map(({ input }) => ('step' in input ? String(input.step) : ''))),
    logger: silentLogger,
    concurrency: 1,
    monotonicNowMs: () => performance.now(),
    renew: async () => true,
    setTimer: systemClock.setTimer,
  });
  const instance = newInstance(definition, { id: 'i', input: {}, now: 0 });
  const call = (step: string) => ({
    kind: 'startCall' as const,
    ...{ step, round: 1, direction: 'do' as const, attempt: 1, idempotencyKey: step },
  });
  runner.start({ definition, instance, calls: [call('first'), call('second')] });
  await second;
  await runner.close(1_000);
  expect(applied).toEqual(['second']);
});
