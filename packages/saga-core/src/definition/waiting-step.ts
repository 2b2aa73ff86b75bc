import { foundText } from '@backstitch/messaging';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { SagaError } from '../errors.js';
import { type Duration, parseDuration } from './duration.js';
import { defaultRetry, foreverRetry } from './retry-policy.js';
import type { OnTimeout, SleepStepDefinition, StepDefinition, WaitStepDefinition } from './step-definition.js';
import type { StepPlace } from './step-place.js';

export interface RawWaitOptions {
  readonly timeout?: Duration;
  readonly onTimeout?: OnTimeout;
  readonly when?: StepDefinition['when'];
}

/** A step that only waits has no effect: nothing of it is retried or undone. */
const nothing = {
  retry: defaultRetry,
  undoRetry: foreverRetry,
  onCompensationFailed: 'park',
  compensate: null,
} as const;

export function sleepStep(
  { saga, name, phase, stage }: StepPlace,
  duration: Duration,
  raw: RawWaitOptions = {},
): SleepStepDefinition {
  const durationMs = parseDuration(duration, `${saga}.${name}`);
  return { kind: 'sleep', name, phase, stage, durationMs, when: raw.when ?? null, ...nothing };
}

export function waitStep(
  { saga, name, phase, stage }: StepPlace,
  signal: StandardSchemaV1,
  raw: RawWaitOptions = {},
): WaitStepDefinition {
  const field = `${saga}.${name}`;
  if (signal?.['~standard']?.version !== 1) {
    throw invalid(
      field,
      'waits for a signal without a schema',
      'pass a zod, valibot or arktype schema, or jsonSchema(…)',
    );
  }
  const timeoutMs = raw.timeout === undefined ? null : parseDuration(raw.timeout, `${field}.timeout`);
  if (timeoutMs !== null && timeoutMs < 1) throw invalid(field, 'has a timeout of nothing', 'wait at least 1ms');
  const onTimeout = raw.onTimeout ?? (phase === 'compensatable' ? 'compensate' : 'park');
  if (!['compensate', 'continue', 'park'].includes(onTimeout)) {
    throw invalid(field, `has onTimeout ${foundText(onTimeout)}`, "give 'compensate', 'continue' or 'park'");
  }
  if (onTimeout === 'compensate' && phase !== 'compensatable') {
    throw invalid(field, 'would turn back after the pivot', "give onTimeout 'continue' or 'park'");
  }
  return { kind: 'wait', name, phase, stage, signal, timeoutMs, onTimeout, when: raw.when ?? null, ...nothing };
}

function invalid(step: string, what: string, hint: string): SagaError {
  return new SagaError('DEFINITION_INVALID', `step '${step}' ${what}`, { fields: { step }, hint });
}
