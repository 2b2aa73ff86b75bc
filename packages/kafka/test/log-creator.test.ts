import type { Logger } from '@backstitch/messaging';
import kafkajs from 'kafkajs';
import { expect, it } from 'vitest';
import { kafkaLogCreator } from '../src/log-creator.js';

function collecting() {
  const lines: { level: string; fields: object; message: string }[] = [];
  const at = (level: string) => (fields: object, message: string) => void lines.push({ level, fields, message });
  const logger: Logger = { debug: at('debug'), info: at('info'), warn: at('warn'), error: at('error') };
  return { lines, logger };
}

it('writes the log of kafkajs to the logger, level by level', () => {
  const { lines, logger } = collecting();
  const kafka = new kafkajs.Kafka({
    brokers: ['127.0.0.1:1'],
    logLevel: kafkajs.logLevel.DEBUG,
    logCreator: kafkaLogCreator(logger),
  });
  kafka.logger().error('an error', { broker: 'b' });
  kafka.logger().warn('a warning');
  kafka.logger().info('a fact');
  kafka.logger().debug('a detail');
  expect(lines).toMatchObject([
    { level: 'error', message: 'an error', fields: { broker: 'b' } },
    { level: 'warn', message: 'a warning' },
    { level: 'info', message: 'a fact' },
    { level: 'debug', message: 'a detail' },
  ]);
});

it('leaves out what may hold records', () => {
  const { lines, logger } = collecting();
  const kafka = new kafkajs.Kafka({
    brokers: ['127.0.0.1:1'],
    logLevel: kafkajs.logLevel.DEBUG,
    logCreator: kafkaLogCreator(logger),
  });
  kafka.logger().debug('Response', { data: 'canary', payload: 'canary', correlationId: 7 });
  expect(lines).toMatchObject([{ fields: { correlationId: 7 } }]);
  expect(JSON.stringify(lines)).not.toContain('canary');
});
