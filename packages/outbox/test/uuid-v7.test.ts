import { expect, it } from 'vitest';
import { uuidV7 } from '../src/uuid-v7.js';

it('is a UUID of version 7 that begins with the time', () => {
  const id = uuidV7(0x0198_f3a0_1234);
  expect(id).toMatch(/^0198f3a0-1234-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(uuidV7(0x0198_f3a0_1234)).not.toBe(id);
  expect(uuidV7(0x0198_f3a0_1235) > id).toBe(true);
});
