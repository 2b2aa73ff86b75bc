import { setTimeout as pause } from 'node:timers/promises';
import { MessagingError, TransportUnavailableError } from '@backstitch/messaging';
import { classifyTrouble, protocolType } from './classify-trouble.js';
import { KafkaTransportError, notAuthorized } from './errors.js';
import type { GroupMember } from './group-member.js';
import { judgeCrash } from './judge-crash.js';

/** What a cluster answers that is coming up: its first group waits for the topic of offsets to be made. */
const settling = new Set([
  'COORDINATOR_LOAD_IN_PROGRESS',
  'COORDINATOR_NOT_AVAILABLE',
  'LEADER_NOT_AVAILABLE',
  'NOT_COORDINATOR',
  // The same three under the names that kafkajs has for them.
  'GROUP_COORDINATOR_NOT_AVAILABLE',
  'GROUP_LOAD_IN_PROGRESS',
  'NOT_COORDINATOR_FOR_GROUP',
]);
const patienceMs = 15_000;

export interface JoiningGroup {
  readonly group: string;
  readonly topics: readonly string[];
}

/** Joins with a new member until one is in. Waits only for a cluster that is settling; of anything else the caller hears at once. */
export async function joinFirst(newMember: () => GroupMember, joining: JoiningGroup): Promise<GroupMember> {
  const until = performance.now() + patienceMs;
  for (let attempt = 1; ; attempt++) {
    const member = newMember();
    try {
      await member.join();
      return member;
    } catch (error) {
      const verdict = judgeCrash(error, attempt);
      const passes = verdict.kind === 'rejoin' && settling.has(protocolType(error) ?? '');
      if (!passes || performance.now() > until) throw joinError(joining, error);
      await pause(verdict.delayMs);
    }
  }
}

function joinError({ group, topics }: JoiningGroup, error: unknown): Error {
  const trouble = classifyTrouble(error);
  if (trouble.kind === 'refusal' && trouble.code === 'UNKNOWN_TOPIC') {
    return new MessagingError('TOPIC_UNKNOWN', `one of these topics does not exist: ${topics.join(', ')}`, {
      cause: error,
      fields: { group, topics },
      hint: 'Create it with ensureTopics: no topic is created by use.',
    });
  }
  const verdict = judgeCrash(error, 1);
  if (verdict.kind === 'die') {
    return verdict.why.endsWith('_AUTHORIZATION_FAILED')
      ? notAuthorized(group, error)
      : consumerDied(group, verdict.why, error);
  }
  return new TransportUnavailableError(`group "${group}" could not be joined now (${trouble.type ?? 'no answer'})`, {
    cause: error,
    fields: { group, type: trouble.type },
  });
}

export function consumerDied(group: string, why: string, cause: unknown): KafkaTransportError {
  return new KafkaTransportError('KAFKA_CONSUMER_DIED', `the consumer of group "${group}" died of ${why}`, {
    cause,
    fields: { group, why },
    hint: 'Waiting does not mend this: correct the cause, then start a new process.',
  });
}
