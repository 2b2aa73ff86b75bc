import type { OutboundRecord, SendRefusal } from '@backstitch/messaging';
import { createSeededRandom } from '@backstitch/messaging/testing';
import { describe, expect, it } from 'vitest';
import { createDelivery } from '../src/deliver-entries.js';
import type { ProduceOutcome, ProducerPort } from '../src/producer-port.js';
import { createSendCall, type SendEntry } from '../src/send-call.js';
import type { TopicDirectory } from '../src/topic-directory.js';

type Judge = (record: OutboundRecord) => SendRefusal | 'unavailable' | undefined;

/**
 * Answers as a broker does: each partition's batch is written whole or refused whole, and of all refusals only the first is told,
 * without its place. The partition is the key's first letter.
 */
function modelBroker(judge: Judge) {
  const log: string[] = [];
  let requests = 0;
  const partitionOf = ({ record }: SendEntry): number => record.key.charCodeAt(0);
  const failed = (trouble: ProduceOutcome['trouble']): ProduceOutcome => ({ written: new Set(), trouble });
  const producer: ProducerPort = {
    partitionOf,
    retire: () => undefined,
    close: async () => undefined,
    async produce(entries) {
      requests++;
      const batches = new Map<string, SendEntry[]>();
      for (const entry of entries) {
        const place = `${entry.record.topic}/${partitionOf(entry)}`;
        batches.set(place, [...(batches.get(place) ?? []), entry]);
      }
      let first: SendRefusal | 'unavailable' | undefined;
      for (const batch of batches.values()) {
        const refusal = batch.map(({ record }) => judge(record)).find((verdict) => verdict !== undefined);
        if (refusal === undefined)
          log.push(...batch.map(({ record }) => `${record.topic}:${record.key}=${record.value}`));
        first ??= refusal;
      }
      if (first === undefined) return { written: new Set(entries), trouble: undefined };
      if (first === 'unavailable') return failed({ kind: 'unavailable', type: undefined, cause: undefined });
      return failed({ kind: 'refusal', code: first, type: first, cause: undefined });
    },
  };
  return { log, producer, requests: () => requests };
}

const allTopics: TopicDirectory = { look: async () => new Map(), forget: () => undefined };
const record = (key: string, value: string, topic = 't'): OutboundRecord => ({ topic, key, value });
const kinds = (call: ReturnType<typeof createSendCall>): string[] | undefined =>
  call.results()?.map((result) => (result.kind === 'refused' ? result.code : result.kind));

async function send(records: readonly OutboundRecord[], judge: Judge, topics: TopicDirectory = allTopics) {
  const broker = modelBroker(judge);
  const call = createSendCall(records);
  await createDelivery({ producer: broker.producer, topics, maxRecordBytes: 1000 })(call.entries);
  return { ...broker, results: kinds(call) };
}

describe('delivery', () => {
  it('sends everything in one request where nothing is wrong', async () => {
    const { log, requests, results } = await send(
      [record('a', '1'), record('b', '2'), record('a', '3')],
      () => undefined,
    );
    expect(results).toEqual(['sent', 'sent', 'sent']);
    expect(requests()).toBe(1);
    expect(log).toEqual(['t:a=1', 't:a=3', 't:b=2']);
  });

  it('finds the record that is too large, holds its lane, and sends all others', async () => {
    const records = Array.from({ length: 16 }, (_, at) => record(at % 2 ? 'a1' : 'a2', at === 5 ? 'huge' : String(at)));
    const { results } = await send(records, ({ value }) => (value === 'huge' ? 'RECORD_TOO_LARGE' : undefined));
    expect(results).toEqual(
      records.map((_, at) => (at === 5 ? 'RECORD_TOO_LARGE' : at % 2 === 1 && at > 5 ? 'held' : 'sent')),
    );
  });

  it('writes no record of a partition that was refused twice', async () => {
    const records = Array.from({ length: 9 }, (_, at) => record(`a${at}`, at === 4 ? 'huge' : String(at)));
    const { log } = await send(records, ({ value }) => (value === 'huge' ? 'RECORD_TOO_LARGE' : undefined));
    expect(log).toHaveLength(8);
    expect(new Set(log).size).toBe(8);
  });

  it('refuses without asking what is known to be too large or no record', async () => {
    const broken = { topic: 't', key: 'c', value: null } as unknown as OutboundRecord;
    const { log, results } = await send(
      [record('a', 'x'.repeat(1001)), record('a', '2'), broken, record('', '', '')],
      () => undefined,
    );
    expect(results).toEqual(['RECORD_TOO_LARGE', 'held', 'INVALID_RECORD', 'UNKNOWN_TOPIC']);
    expect(log).toEqual([]);
  });

  it('refuses a whole topic that may not be written, lane by lane, and sends the others', async () => {
    const records = [
      record('a', '1', 'closed'),
      record('a', '2'),
      record('b', '3', 'closed'),
      record('a', '4', 'closed'),
    ];
    const { log, results } = await send(records, ({ topic }) => (topic === 'closed' ? 'NOT_AUTHORIZED' : undefined));
    expect(results).toEqual(['NOT_AUTHORIZED', 'sent', 'NOT_AUTHORIZED', 'held']);
    expect(new Set(log)).toEqual(new Set(['t:a=2']));
  });

  it('asks for the topics anew where a producer does not find one, and refuses only that one', async () => {
    let asked = 0;
    const topics: TopicDirectory = {
      async look() {
        // Deleted between the look and the request.
        return asked++ === 0 ? new Map() : new Map([['gone', { code: 'UNKNOWN_TOPIC', message: 'x' }]]);
      },
      forget: () => undefined,
    };
    const judge: Judge = ({ topic }) => (topic === 'gone' ? 'UNKNOWN_TOPIC' : undefined);
    const { results } = await send([record('a', '1', 'gone'), record('a', '2')], judge, topics);
    expect(results).toEqual(['UNKNOWN_TOPIC', 'sent']);
  });

  it('does not blame a record where the directory and the producer contradict each other', async () => {
    await expect(send([record('a', '1')], () => 'UNKNOWN_TOPIC')).rejects.toMatchObject({
      code: 'TRANSPORT_UNAVAILABLE',
    });
  });

  it('rejects at broker trouble and blames no record', async () => {
    const { producer } = modelBroker(() => 'unavailable');
    const call = createSendCall([record('a', '1')]);
    const delivery = createDelivery({ producer, topics: allTopics, maxRecordBytes: 1000 });
    await expect(delivery(call.entries)).rejects.toMatchObject({ code: 'TRANSPORT_UNAVAILABLE' });
    expect(call.results()).toBeUndefined();
  });

  it('keeps every lane’s order and settles every record, whatever is refused', async () => {
    const seed = Number(process.env['SEED'] ?? 20_261_122);
    const random = createSeededRandom(seed);
    for (let round = 0; round < 300; round++) {
      const records = Array.from({ length: 1 + random.integer(40) }, (_, at) =>
        record(
          `${'ab'[random.integer(2)]}${random.integer(3)}`,
          random.chance(0.1) ? `huge ${at}` : String(at),
          `t${random.integer(2)}`,
        ),
      );
      const { log, results } = await send(records, ({ value }) =>
        value.startsWith('huge') ? 'RECORD_TOO_LARGE' : undefined,
      );
      const failed = new Set<string>();
      const expected = records.map(({ topic, key, value }) => {
        if (failed.has(`${topic}${key}`)) return 'held';
        if (!value.startsWith('huge')) return 'sent';
        failed.add(`${topic}${key}`);
        return 'RECORD_TOO_LARGE';
      });
      expect(results, `seed ${seed}, round ${round}`).toEqual(expected);
      const firsts = [...new Set(log)];
      for (const { topic, key } of records) {
        const lane = `${topic}:${key}=`;
        const sent = records.filter(
          (other, at) => other.topic === topic && other.key === key && expected[at] === 'sent',
        );
        expect(
          firsts.filter((line) => line.startsWith(lane)),
          `seed ${seed}, round ${round}`,
        ).toEqual(sent.map(({ value }) => lane + value));
      }
    }
  });
});
