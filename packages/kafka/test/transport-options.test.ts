import { expect, it } from 'vitest';
import { resolveOptions } from '../src/transport-options.js';

it('is refused what is no kafkajs instance, with what to give', () => {
  expect(() => resolveOptions({ kafka: {} as never })).toThrow(
    expect.objectContaining({ code: 'KAFKA_OPTION_INVALID', hint: 'Give a Kafka instance of kafkajs 2.' }),
  );
});
