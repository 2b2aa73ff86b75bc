/** Every code that this package throws or parks an instance with. Documented in docs/reference/errors.md; a test compares the two. */
export const sagaErrorCodes = [
  // a definition
  'DEFINITION_INVALID',
  'DURATION_INVALID',
  'DEFINITION_CHANGED',
  'MIGRATION_INVALID',
  // a start
  'SAGA_UNKNOWN',
  'VERSION_UNKNOWN',
  'INPUT_INVALID',
  'START_FAILED',
  'START_KEY_REUSED',
  'START_KEY_BUSY',
  'LOCK_KEYS_INVALID',
  'LOCK_HELD',
  'LOCK_BUSY',
  // a step
  'STEP_DECLINED',
  'STEP_FAILED',
  'STEP_TIMED_OUT',
  'STEP_NOT_SENT',
  'AUTHOR_CODE_FAILED',
  'CONTRACT_BROKEN',
  'CONTRADICTION',
  'COMMAND_TOO_OLD',
  'JOURNAL_FULL',
  'SIGNAL_TIMED_OUT',
  'SAGA_TIMED_OUT',
  'LOCK_TIMED_OUT',
  'SAGA_CANCELLED',
  // a result
  'SAGA_COMPENSATED',
  'SAGA_PARKED',
  'RESULT_TIMEOUT',
  'RESULT_BEFORE_COMMIT',
  'INSTANCE_UNKNOWN',
  // signals and verbs
  'SIGNAL_INVALID',
  'SIGNAL_REFUSED',
  'VERB_REFUSED',
  // reads
  'FILTER_INVALID',
  'CURSOR_INVALID',
  // participants
  'HANDLER_FAILED',
  'COMMAND_INVALID',
  'FENCED',
  'ANSWER_REFUSED',
  'PARTICIPANT_INVALID',
  // the engine
  'OPTION_INVALID',
  'ENGINE_CLOSED',
  'INSTALLATION_FOREIGN',
  'STORED_STATE_UNREADABLE',
  // tests of a saga
  'COVERAGE_TOO_LOW',
] as const;
export type SagaErrorCode = (typeof sagaErrorCodes)[number];

export interface SagaErrorOptions {
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Carries a stable `code`, the evidence as `fields`, and a `hint` that says what to do. */
export class SagaError extends Error {
  override readonly name: string = 'SagaError';
  readonly code: SagaErrorCode;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly hint: string | undefined;

  constructor(code: SagaErrorCode, message: string, options: SagaErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.fields = options.fields ?? {};
    this.hint = options.hint;
  }
}

/**
 * Thrown by a local step for a business "no": definite, never retried, undoes what came before. Any other error of a local step is a
 * technical failure of one attempt.
 */
export class StepDeclined extends SagaError {
  override readonly name = 'StepDeclined';
  /** The business code that compensations read as `failure.code`. */
  readonly declined: string;
  readonly detail: unknown;

  constructor(declined: string, detail?: unknown, message: string = declined) {
    super('STEP_DECLINED', message, { fields: { declined } });
    this.declined = declined;
    this.detail = detail;
  }
}
