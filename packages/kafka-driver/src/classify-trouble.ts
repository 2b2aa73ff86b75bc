import type { SendRefusal } from '@backstitch/messaging';

/**
 * What a client's error says. `refusal`: the broker has judged a record or a topic, and will judge it so again. `unavailable`: nothing is
 * known about any record; the broker, the network or the client failed.
 */
export type Trouble =
  | { readonly kind: 'refusal'; readonly code: SendRefusal; readonly type: string; readonly cause: unknown }
  | { readonly kind: 'unavailable'; readonly type: string | undefined; readonly cause: unknown };

const refusals = new Map<string, SendRefusal>([
  ['MESSAGE_TOO_LARGE', 'RECORD_TOO_LARGE'],
  ['RECORD_LIST_TOO_LARGE', 'RECORD_TOO_LARGE'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'UNKNOWN_TOPIC'],
  ['INVALID_TOPIC_EXCEPTION', 'UNKNOWN_TOPIC'],
  ['TOPIC_AUTHORIZATION_FAILED', 'NOT_AUTHORIZED'],
  ['CLUSTER_AUTHORIZATION_FAILED', 'NOT_AUTHORIZED'],
  ['INVALID_RECORD', 'INVALID_RECORD'],
  ['INVALID_TIMESTAMP', 'INVALID_RECORD'],
  ['POLICY_VIOLATION', 'INVALID_RECORD'],
]);

/** Judges by the protocol's error type, which kafkajs calls `type` and a driver of another client puts there, and never by text. */
export function classifyTrouble(error: unknown): Trouble {
  const type = protocolType(error);
  const code = type === undefined ? undefined : refusals.get(type);
  if (type !== undefined && code !== undefined) return { kind: 'refusal', code, type, cause: error };
  return { kind: 'unavailable', type, cause: error };
}

/** The first protocol error type along the chain of causes: clients wrap what they gave up retrying. */
export function protocolType(error: unknown): string | undefined {
  for (const link of causes(error)) {
    if ('type' in link && typeof link.type === 'string') return link.type;
  }
  return undefined;
}

/** An error and its causes, outermost first. Bounded, because a chain made by foreign code may be a ring. */
export function causes(error: unknown): object[] {
  const chain: object[] = [];
  let link = error;
  while (typeof link === 'object' && link !== null && chain.length < 10) {
    chain.push(link);
    link = 'cause' in link ? link.cause : undefined;
  }
  return chain;
}
