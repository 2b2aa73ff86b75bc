import assert from 'node:assert/strict';
import { doomedTopic, type OutboxConformanceCase, type OutboxStage } from './conformance-subject.js';
import { claimAll, insertRows, newRow, only, refusal } from './new-row.js';

const unknownTopic = { kind: 'refused', code: 'UNKNOWN_TOPIC', message: 'no\nsuch topic' } as const;

async function fail(stage: OutboxStage, outcome: typeof unknownTopic | typeof refusal): Promise<void> {
  const { id, epoch } = only(await claimAll(stage));
  assert.deepEqual(await stage.store.settle([{ id, epoch, outcome }]), [{ id, kind: 'failed', retryCount: 0 }]);
}

export const deadLetterCases: readonly OutboxConformanceCase[] = [
  {
    name: 'sends a row that FAILED to the dead letters with the reason, and does so once for each time it fails',
    async run(stage) {
      const [id] = (await insertRows(stage, newRow({ topic: doomedTopic, maxRetries: 0 }))) as [string];
      await fail(stage, unknownTopic);
      const letter = only(await claimAll(stage));
      assert.equal(letter.topic, `${doomedTopic}.dlq`);
      assert.equal(letter.payload, '{"n":1}');
      assert.deepEqual(letter.headers, {
        ce_type: 'OrderPlaced',
        'dead-letter-reason': 'UNKNOWN_TOPIC: no such topic',
        'dead-letter-topic': doomedTopic,
        'dead-letter-id': id,
        'dead-letter-retries': '0',
      });
    },
  },
  {
    name: 'leaves the payload out of the dead letter of a record that was too large',
    async run(stage) {
      await insertRows(stage, newRow({ topic: doomedTopic, maxRetries: 0 }));
      await fail(stage, refusal);
      assert.equal(only(await claimAll(stage)).payload, '{"omitted":"payload","bytes":7}');
    },
  },
  {
    name: 'makes no dead letter of a dead letter, nor where the topic has none',
    async run(stage) {
      const headers = { 'dead-letter-id': 'another' };
      await insertRows(stage, newRow({ topic: doomedTopic, maxRetries: 0, headers }));
      await fail(stage, unknownTopic);
      await insertRows(stage, newRow({ maxRetries: 0, key: 'k2' }));
      await fail(stage, unknownTopic);
      assert.deepEqual(await claimAll(stage), []);
    },
  },
];
