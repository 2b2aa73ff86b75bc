import { causes, protocolType } from './classify-trouble.js';

/** What a subscription does after its member was given up. */
export type CrashVerdict =
  | { readonly kind: 'rejoin'; readonly delayMs: number }
  | { readonly kind: 'die'; readonly why: string };

const hopelessTypes = new Set([
  'CLUSTER_AUTHORIZATION_FAILED',
  'FENCED_INSTANCE_ID',
  'GROUP_AUTHORIZATION_FAILED',
  'GROUP_MAX_SIZE_REACHED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_TOPIC_EXCEPTION',
  'SASL_AUTHENTICATION_FAILED',
  'TOPIC_AUTHORIZATION_FAILED',
  'UNSUPPORTED_COMPRESSION_TYPE',
  'UNSUPPORTED_SASL_MECHANISM',
  'UNSUPPORTED_VERSION',
]);
const hopelessNames = new Set([
  'KafkaJSNotImplemented',
  'KafkaJSSASLAuthenticationError',
  'KafkaJSServerDoesNotSupportApiKey',
]);

/** Crashes that are nobody's known trouble, in a row without one handled batch, before the member is given up. */
const maxUnexplainedCrashes = 5;
const firstDelayMs = 200;
const maxDelayMs = 10_000;

/**
 * What a client says about trying again is not asked. kafkajs calls some broker outages final (`KafkaJSGroupCoordinatorNotFound` is not `retriable`, kafkajs#1443, #1721), and leaves a process
 * that lives and reads nothing. Only what no waiting can mend is final, everything else joins again.
 *
 * @param crashesInARow this one included
 */
export function judgeCrash(error: unknown, crashesInARow: number): CrashVerdict {
  const type = protocolType(error);
  if (type !== undefined && hopelessTypes.has(type)) return { kind: 'die', why: type };
  const names = causes(error).map((link) => ('name' in link && typeof link.name === 'string' ? link.name : ''));
  const hopeless = names.find((name) => hopelessNames.has(name));
  if (hopeless !== undefined) return { kind: 'die', why: hopeless };
  const explained = names.some((name) => name.startsWith('Kafka'));
  if (!explained && crashesInARow >= maxUnexplainedCrashes) return { kind: 'die', why: names[0] ?? 'unknown' };
  return { kind: 'rejoin', delayMs: Math.min(maxDelayMs, firstDelayMs * 2 ** Math.min(crashesInARow - 1, 16)) };
}
