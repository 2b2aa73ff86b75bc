import {
  classifyTrouble,
  type ProduceOutcome,
  type ProducerPort,
  type SendEntry,
  type Trouble,
} from '@backstitch/kafka-driver';
import { partitionOf } from '@backstitch/messaging';
import { type MessageRecord, produceV9 } from '@platformatic/kafka';
import { answered, clientError, KafkaClientError } from './client-error.js';
import type { Cluster, Leader } from './cluster.js';

type ProduceResponse = Exclude<Awaited<ReturnType<typeof produceV9.api.async>>, boolean>;

export interface ProducerSessionOptions {
  readonly newCluster: () => Cluster;
  readonly sendTimeoutMs: number;
}

const allInSyncReplicas = -1;
/** Tells the leaders' changes that no answer told of. */
const leadersLifeMs = 30_000;

interface Session {
  readonly cluster: Cluster;
  readonly leaders: Map<string, { readonly list: readonly Leader[]; readonly until: number }>;
}

/** Sends records with the client's own codec; each partition is answered for by itself. */
export function createProducerSession({ newCluster, sendTimeoutMs }: ProducerSessionOptions): ProducerPort {
  const partitions = new WeakMap<SendEntry, number>();
  let current: Session | undefined;

  const session = (): Session => {
    current ??= { cluster: newCluster(), leaders: new Map() };
    return current;
  };
  const retire = (): void => {
    void current?.cluster.close(sendTimeoutMs);
    current = undefined;
  };

  const produce = async (entries: readonly SendEntry[]): Promise<ProduceOutcome> => {
    const { cluster, leaders } = session();
    await learnLeaders({ cluster, leaders }, [...new Set(entries.map(({ record }) => record.topic))]);
    const nodes = new Map<number, { readonly leader: Leader; readonly entries: SendEntry[] }>();
    for (const entry of entries) {
      const list = leaders.get(entry.record.topic)?.list ?? [];
      const partition = partitionOf(entry.record.key, list.length);
      const leader = list[partition];
      if (leader === undefined) throw answered(3);
      partitions.set(entry, partition);
      const request = nodes.get(leader.node) ?? { leader, entries: [] };
      nodes.set(leader.node, request);
      request.entries.push(entry);
    }
    const verdicts = new Map<string, number>();
    let failure: KafkaClientError | undefined;
    await Promise.all(
      [...nodes.values()].map(async (request) => {
        try {
          const messages = request.entries.map((entry) => message(entry, partitions.get(entry) ?? 0));
          const answer = await cluster.ask(
            request.leader.broker,
            (on) => ask(on, messages, sendTimeoutMs),
            sendTimeoutMs,
          );
          for (const { name, partitionResponses } of answer.responses) {
            for (const { index, errorCode } of partitionResponses) verdicts.set(`${name}/${index}`, errorCode);
          }
        } catch (error) {
          failure ??= clientError(error);
        }
      }),
    );
    return outcomeOf(entries, {
      verdicts,
      failure,
      placeOf: (entry) => `${entry.record.topic}/${partitions.get(entry)}`,
    });
  };

  return {
    async produce(entries) {
      const outcome = await produce(entries).catch((error: unknown) => failed(clientError(error)));
      // Leaders may have moved, a connection may be dead: the next request begins with what the cluster says then.
      if (outcome.trouble?.kind === 'unavailable') retire();
      return outcome;
    },
    partitionOf: (entry) => partitions.get(entry),
    retire,
    async close(timeoutMs) {
      const last = current;
      current = undefined;
      await last?.cluster.close(timeoutMs);
    },
  };
}

async function learnLeaders({ cluster, leaders }: Session, topics: readonly string[]): Promise<void> {
  const now = performance.now();
  const unknown = topics.filter((topic) => (leaders.get(topic)?.until ?? 0) <= now);
  if (unknown.length === 0) return;
  for (const [topic, list] of await cluster.leaders(unknown)) leaders.set(topic, { list, until: now + leadersLifeMs });
}

async function ask(
  connection: Parameters<typeof produceV9.api.async>[0],
  messages: MessageRecord[],
  timeoutMs: number,
): Promise<ProduceResponse> {
  try {
    const answer = await produceV9.api.async(connection, allInSyncReplicas, timeoutMs, messages, {});
    if (typeof answer === 'boolean') throw new KafkaClientError('the broker gave no answer', { retriable: true });
    return answer;
  } catch (error) {
    const answer = typeof error === 'object' && error !== null && 'response' in error ? error.response : undefined;
    // The client rejects where one partition of many was refused; which one stands in the answer.
    if (isProduceResponse(answer)) return answer;
    throw error;
  }
}

function isProduceResponse(answer: unknown): answer is ProduceResponse {
  return typeof answer === 'object' && answer !== null && 'responses' in answer && Array.isArray(answer.responses);
}

/** Trouble is told before a refusal: while a part is unknown nothing may be isolated and nothing sent behind it. */
function outcomeOf(
  entries: readonly SendEntry[],
  answers: {
    readonly verdicts: ReadonlyMap<string, number>;
    readonly failure: KafkaClientError | undefined;
    readonly placeOf: (entry: SendEntry) => string;
  },
): ProduceOutcome {
  const written = new Set(entries.filter((entry) => answers.verdicts.get(answers.placeOf(entry)) === 0));
  const troubles = entries
    .filter((entry) => !written.has(entry))
    .map((entry) => {
      const verdict = answers.verdicts.get(answers.placeOf(entry));
      return verdict === undefined ? answers.failure : answered(verdict);
    });
  if (troubles.length === 0) return { written, trouble: undefined };
  const judged: Trouble[] = troubles.map((error) => classifyTrouble(error));
  const trouble = judged.find(({ kind }) => kind === 'unavailable') ?? judged[0];
  return { written, trouble };
}

function failed(error: KafkaClientError): ProduceOutcome {
  return { written: new Set(), trouble: classifyTrouble(error) };
}

function message({ record }: SendEntry, partition: number): MessageRecord {
  const { topic, key, value, headers } = record;
  return {
    topic,
    partition,
    key: Buffer.from(key),
    value: Buffer.from(value),
    headers: new Map(Object.entries(headers ?? {}).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
  };
}
