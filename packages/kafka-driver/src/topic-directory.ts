import { type SendRefusal, TransportUnavailableError } from '@backstitch/messaging';
import { classifyTrouble } from './classify-trouble.js';
import type { TopicAdmin } from './topic-admin.js';

export interface Refusal {
  readonly code: SendRefusal;
  readonly message: string;
}

/**
 * Which topics there are. Asked before a producer is: a client answers an unknown topic after several rounds of waiting, for the whole
 * request, without its name, and kafkajs keeps the name in the list it refreshes from then on.
 */
export interface TopicDirectory {
  /** Answers a refusal for each topic that cannot be written to. Rejects with `TransportUnavailableError`. */
  look(topics: readonly string[]): Promise<ReadonlyMap<string, Refusal>>;
  /** Asks anew the next time. */
  forget(topics: readonly string[]): void;
}

/** A hot loop of sends to a topic that is missing must not cost a question each. */
const refusalLifeMs = 1000;

/** @param now monotonic milliseconds */
export function createTopicDirectory(admin: TopicAdmin, now: () => number = () => performance.now()): TopicDirectory {
  const known = new Set<string>();
  const refused = new Map<string, { readonly refusal: Refusal; readonly until: number }>();

  const ask = async (topics: readonly string[]): Promise<void> => {
    const refusal = await admin.describe(topics).then(
      () => undefined,
      (error: unknown) => refusalOf(error),
    );
    const [only, ...others] = topics;
    if (refusal === undefined) {
      for (const topic of topics) {
        known.add(topic);
        refused.delete(topic);
      }
    } else if (only !== undefined && others.length === 0) {
      refused.set(only, { refusal, until: now() + refusalLifeMs });
    } else {
      // One of them is at fault, and the answer does not say which.
      for (const topic of topics) await ask([topic]);
    }
  };

  return {
    async look(topics) {
      const unsure = topics.filter((topic) => !known.has(topic) && (refused.get(topic)?.until ?? 0) <= now());
      if (unsure.length > 0) await ask(unsure);
      const answer = new Map<string, Refusal>();
      for (const topic of topics) {
        const standing = known.has(topic) ? undefined : refused.get(topic);
        if (standing !== undefined) answer.set(topic, standing.refusal);
      }
      return answer;
    },
    forget(topics) {
      for (const topic of topics) {
        known.delete(topic);
        refused.delete(topic);
      }
    },
  };
}

function refusalOf(error: unknown): Refusal {
  if (error instanceof TransportUnavailableError) throw error;
  const trouble = classifyTrouble(error);
  if (trouble.kind === 'refusal')
    return { code: trouble.code, message: `the broker answered ${trouble.type} about the topic` };
  const { type } = trouble;
  throw new TransportUnavailableError(`the broker did not say which topics there are (${type ?? 'no answer'})`, {
    cause: error,
    fields: { type },
  });
}
