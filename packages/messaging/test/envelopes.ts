import { type CommandEnvelope, commandId, type ReplyEnvelope, type WithDataJson } from '../src/index.js';

const identity = {
  sagaId: '0193a5f2-7c1e-7abc-8def-0123456789ab',
  step: 'reserveStock',
  item: 2,
  round: 1,
  direction: 'do',
} as const;

const shared = {
  ...identity,
  id: 'message-7',
  source: 'orders',
  command: 'inventory.reserve',
  time: '2026-01-02T03:04:05.678Z',
  saga: 'place-order',
  commandId: commandId(identity),
  attempt: 3,
  replyToken: 'v1.key-1.abc',
  installation: 'installation-1',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

export const someCommand: WithDataJson<CommandEnvelope> = {
  ...shared,
  firstSentAt: '2026-01-02T03:04:00.000Z',
  replyTopic: 'orders.replies.inventory',
  dataJson: '{"orderId":"o-1","qty":2}',
};

export const someReply: WithDataJson<ReplyEnvelope> = {
  ...shared,
  source: 'inventory',
  outcome: 'declined',
  code: 'OUT_OF_STOCK',
  message: 'sku a has 1 left',
  dataJson: '{"sku":"a"}',
};
