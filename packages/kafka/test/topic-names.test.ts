import { expect, it } from 'vitest';
import { commandTopic, deadLetterTopic, replyTopic } from '../src/topic-names.js';

it('names topics as the wire documentation does', () => {
  expect(commandTopic('inventory')).toBe('inventory.commands');
  expect(replyTopic('orders', 'inventory')).toBe('orders.replies.inventory');
  expect(deadLetterTopic('inventory.commands')).toBe('inventory.commands.dlq');
});
