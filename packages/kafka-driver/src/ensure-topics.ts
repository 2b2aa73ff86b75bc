import { setTimeout as pause } from 'node:timers/promises';
import { MessagingError, type TopicSpec, TransportUnavailableError } from '@backstitch/messaging';
import { classifyTrouble } from './classify-trouble.js';
import { KafkaTransportError, notAuthorized } from './errors.js';
import type { TopicAdmin } from './topic-admin.js';
import type { TopicDirectory } from './topic-directory.js';

const defaultPartitions = 3;
const writableWithinMs = 10_000;
const lookEveryMs = 50;

/** Creates the topics that are missing and waits until they can be written to. */
export async function ensureTopics(
  specs: readonly TopicSpec[],
  admin: TopicAdmin,
  topics: TopicDirectory,
): Promise<void> {
  const wanted = new Map(specs.map((spec) => [spec.topic, spec]));
  const names = [...wanted.keys()];
  if (names.length === 0) return;
  topics.forget(names);
  const standing = await topics.look(names);
  for (const [topic, { code }] of standing) {
    if (code === 'NOT_AUTHORIZED') throw notAuthorized(topic);
    const spec = wanted.get(topic);
    if (spec !== undefined) await create(spec, admin);
  }
  await untilWritable(names, admin);
  topics.forget(names);
}

async function create(spec: TopicSpec, admin: TopicAdmin): Promise<void> {
  const { topic, partitions = defaultPartitions } = spec;
  try {
    // Resolves, too, where another process was quicker.
    await admin.create({ ...spec, partitions });
  } catch (error) {
    throw creationError(topic, error);
  }
}

function creationError(topic: string, error: unknown): Error {
  if (error instanceof MessagingError) return error;
  const { type } = classifyTrouble(error);
  const retriable = typeof error === 'object' && error !== null && 'retriable' in error && error.retriable === true;
  if (type === undefined || retriable) {
    return new TransportUnavailableError(`topic "${topic}" could not be created now (${type ?? 'no answer'})`, {
      cause: error,
      fields: { topic, type },
    });
  }
  if (type === 'TOPIC_AUTHORIZATION_FAILED' || type === 'CLUSTER_AUTHORIZATION_FAILED')
    return notAuthorized(topic, error);
  return new KafkaTransportError('KAFKA_TOPIC_NOT_CREATED', `the broker refuses to create topic "${topic}": ${type}`, {
    cause: error,
    fields: { topic, type },
    hint: 'Check its name, partitions, replicationFactor and config against the cluster.',
  });
}

/**
 * Asks each partition's leader for its end. Metadata tells of a topic before its leaders have it, and a request then succeeds for some
 * partitions and fails for others: the rest is sent again, and of kafkajs the whole, so that some records stand twice.
 */
async function untilWritable(names: readonly string[], admin: TopicAdmin): Promise<void> {
  const until = performance.now() + writableWithinMs;
  await admin.apart(async (askLeaders) => {
    for (const topic of names) {
      for (let ready = false; !ready; ) {
        ready = await askLeaders(topic).then(
          () => true,
          (error: unknown) => notYet(topic, error, until),
        );
        if (!ready) await pause(lookEveryMs);
      }
    }
  });
}

function notYet(topic: string, error: unknown, until: number): false {
  const trouble = classifyTrouble(error);
  if (trouble.kind === 'refusal' && trouble.code === 'NOT_AUTHORIZED') throw notAuthorized(topic, error);
  if (performance.now() < until) return false;
  const { type } = trouble;
  throw new TransportUnavailableError(
    `topic "${topic}" cannot be written to after ${writableWithinMs} ms (${type ?? 'no answer'})`,
    {
      cause: error,
      fields: { topic, type },
    },
  );
}
