import { expect, it } from 'vitest';
import { kafkaRetention } from '../../../src/inbox/consumer/kafka-retention.js';
import { judgeRetention } from '../../../src/inbox/consumer/judge-retention.js';

it.each([
  ['forever', { kind: 'unlimited' }, 'outlives'],
  [101, { kind: 'limited', retentionMs: 100 }, 'outlives'],
  [100, { kind: 'limited', retentionMs: 100 }, 'too-short'],
  [100, { kind: 'unlimited' }, 'unproven'],
  [100, { kind: 'unknown', reason: 'nobody was asked' }, 'unproven'],
] as const)('judges an inbox of %j against a broker of %j: %s', (inbox, broker, kind) => {
  expect(judgeRetention(inbox, broker).kind).toBe(kind);
});

it.each([
  [
    { 'retention.ms': '86400000', 'cleanup.policy': 'delete' },
    { kind: 'limited', retentionMs: 86_400_000 },
  ],
  [
    { 'retention.ms': '86400000', 'cleanup.policy': 'compact,delete' },
    { kind: 'limited', retentionMs: 86_400_000 },
  ],
  [{ 'retention.ms': '-1', 'cleanup.policy': 'delete' }, { kind: 'unlimited' }],
  [{ 'retention.ms': '86400000', 'cleanup.policy': 'compact' }, { kind: 'unlimited' }],
  [{}, { kind: 'unknown' }],
])('reads %j as %j', async (settings, retention) => {
  const configEntries = Object.entries(settings).map(([configName, configValue]) => ({ configName, configValue }));
  const ask = kafkaRetention({ describeConfigs: async () => ({ resources: [{ configEntries }] }) });
  expect(await ask('orders')).toMatchObject(retention);
});
