import { createTestEngine, type TestEngine } from '@backstitch/saga-core/testing';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bankParticipant, payment } from './payment.js';

let engine: TestEngine<unknown>;
beforeAll(async () => {
  engine = await createTestEngine<unknown>({ sagas: [payment], participants: [bankParticipant] });
});
afterAll(() => engine.close());

test('a payment that is too large is refused', async () => {
  const { id } = await engine.start(payment, { input: { amount: 101 } });
  await engine.settle();
  expect((await engine.find(id))?.status).toBe('compensated');
});
