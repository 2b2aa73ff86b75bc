import type { Consumer } from 'kafkajs';
import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { withOwnOffsets } from '../src/own-offsets.js';

const offsetsOf = (kafka: object): unknown => {
  const slot = Object.getOwnPropertySymbols(kafka).find(({ description }) => description === 'private:Kafka:offsets');
  return slot === undefined ? undefined : Reflect.get(kafka, slot);
};

it('gives each consumer its own map and leaves the instance’s in place', () => {
  const kafka = new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: kafkajs.logLevel.NOTHING });
  const shared = offsetsOf(kafka);
  expect(shared).toBeInstanceOf(Map);
  const seen: unknown[] = [];
  for (let at = 0; at < 2; at++) {
    withOwnOffsets(kafka, () => {
      seen.push(offsetsOf(kafka));
      return kafka.consumer({ groupId: 'group' });
    });
  }
  expect(new Set([...seen, shared]).size).toBe(3);
  expect(offsetsOf(kafka)).toBe(shared);
});

it('puts the instance’s map back where no consumer could be made', () => {
  const kafka = new kafkajs.Kafka({ brokers: ['127.0.0.1:1'], logLevel: kafkajs.logLevel.NOTHING });
  const shared = offsetsOf(kafka);
  expect(() => withOwnOffsets(kafka, () => kafka.consumer({ groupId: '' }))).toThrow('groupId');
  expect(offsetsOf(kafka)).toBe(shared);
});

it('makes a consumer of anything else as it is', () => {
  const consumer = {} as Consumer;
  expect(withOwnOffsets({}, () => consumer)).toBe(consumer);
});
