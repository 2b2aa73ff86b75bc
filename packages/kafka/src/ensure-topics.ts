import { setTimeout as pause } from 'node:timers/promises';
import { MessagingError, type TopicSpec, TransportUnavailableError } from '@backstitch/messaging';
import type { AdminSession } from './admin-session.js';
import { classifyTrouble } from './classify-trouble.js';
import { KafkaTransportError } from './errors.js';
import type { TopicDirectory } from './topic-directory.js';

const defaultPartitions = 3;
const visibleWithinMs = 10_000;
const lookEveryMs = 50;

/** Creates the topics that are missing and waits until they can be written to. */
export async function ensureTopics(specs: readonly TopicSpec[], admin: AdminSession, topics: TopicDirectory): Promise<void> {
  const wanted = new Map(specs.map((spec) => [spec.topic, spec]));
  const names = [...wanted.keys()];
  topics.forget(names);
  const standing = await topics.look(names);
  for (const [topic, { code }] of standing) {
    if (code === 'NOT_AUTHORIZED') throw notAuthorized(topic);
    const spec = wanted.get(topic);
    if (spec !== undefined) await create(spec, admin);
  }
  await untilVisible([...standing.keys()], topics);
}

async function create(spec: TopicSpec, admin: AdminSession): Promise<void> {
  const { topic, partitions = defaultPartitions, replicationFactor, config = {} } = spec;
  const request = {
    topic,
    numPartitions: partitions,
    ...(replicationFactor === undefined ? {} : { replicationFactor }),
    configEntries: Object.entries(config).map(([name, value]) => ({ name, value })),
  };
  try {
    // Resolves, too, where another process was quicker.
    await admin.use((client) => client.createTopics({ topics: [request], waitForLeaders: false }));
  } catch (error) {
    throw creationError(topic, error);
  }
}

/** kafkajs reports creation as an aggregate with one error a topic. */
function creationError(topic: string, error: unknown): Error {
  if (error instanceof MessagingError) return error;
  const inner = typeof error === 'object' && error !== null && 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : error;
  const { type } = classifyTrouble(inner);
  const retriable = typeof inner === 'object' && inner !== null && 'retriable' in inner && inner.retriable === true;
  if (type === undefined || retriable) {
    return new TransportUnavailableError(`topic "${topic}" could not be created now (${type ?? 'no answer'})`, { cause: error, fields: { topic, type } });
  }
  if (type === 'TOPIC_AUTHORIZATION_FAILED' || type === 'CLUSTER_AUTHORIZATION_FAILED') return notAuthorized(topic, error);
  return new KafkaTransportError('KAFKA_TOPIC_NOT_CREATED', `the broker refuses to create topic "${topic}": ${type}`, {
    cause: error,
    fields: { topic, type },
    hint: 'Check its name, partitions, replicationFactor and config against the cluster.',
  });
}

/** The broker that answered the creation knows the topic before the others do. */
async function untilVisible(names: readonly string[], topics: TopicDirectory): Promise<void> {
  const until = performance.now() + visibleWithinMs;
  let missing = [...names];
  while (missing.length > 0) {
    topics.forget(missing);
    missing = [...(await topics.look(missing)).keys()];
    if (missing.length === 0) return;
    if (performance.now() > until) {
      throw new TransportUnavailableError(`topics were created and are not visible after ${visibleWithinMs} ms`, { fields: { topics: missing } });
    }
    await pause(lookEveryMs);
  }
}

export function notAuthorized(what: string, cause?: unknown): KafkaTransportError {
  return new KafkaTransportError('KAFKA_NOT_AUTHORIZED', `the broker denies access to "${what}"`, {
    cause,
    fields: { resource: what },
    hint: 'Grant this principal the ACLs it needs: Describe and Write to send, Describe and Read to subscribe, Create for ensureTopics.',
  });
}
