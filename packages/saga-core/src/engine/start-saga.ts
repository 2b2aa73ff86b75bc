import { createHash } from 'node:crypto';
import { encodeJson, validate, violationsText } from '@backstitch/messaging';
import type { ClaimedRow } from '@backstitch/outbox';
import { stringify } from 'safe-stable-stringify';
import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import { newInstance } from '../machine/instance.js';
import type { StartedLocks } from '../machine/journal-event.js';
import { wakeAt } from '../machine/wake-at.js';
import { answerQuestions } from './answer-questions.js';
import { storedChild } from './born-child.js';
import { lettersOf } from './prepared.js';
import type { Sender } from './command-message.js';
import { applyInput, type Leg, openLeg } from './leg.js';
import type { NewLetter, NewStoredInstance, SagaStore, SagaTransaction } from './saga-store.js';
import { takeLocks } from './take-locks.js';
import type { StoreFailure } from '../exchange/store-failure.js';
import { thrownMessage } from '../thrown-message.js';
import { uuidV7 } from '../exchange/uuid-v7.js';

export interface StartRequest {
  readonly definition: SagaDefinition;
  /** As JSON: each reader gets an object of its own. */
  readonly inputJson: string;
  readonly startKey: string | null;
  readonly tags: Readonly<Record<string, string>>;
}

export interface StartContext {
  readonly sender: Sender;
  readonly classify: (error: unknown) => StoreFailure;
  /** Default: UUID v7. */
  readonly newId?: ((nowMs: number) => string) | undefined;
  /** Set where this library opened the transaction and may publish after its commit. */
  readonly bornLeaseMs?: number;
}

/** For starts in the caller's transaction; with `bornLeaseMs` beside it for the engine's own. */
export function startContext<Trx>(
  { store, newId }: { readonly store: SagaStore<Trx>; readonly newId?: StartContext['newId'] },
  sender: Sender,
): StartContext {
  return { sender, classify: (error) => store.classify(error), newId };
}

export interface Started {
  readonly sagaId: string;
  /** False where the start key had been used for the same input before. */
  readonly created: boolean;
  readonly claimed: readonly ClaimedRow[];
  /** Outbox rows that somebody has to look for, once the caller has committed. */
  readonly messageIds: readonly string[];
  readonly leg: Leg | undefined;
}

export interface FirstRows {
  readonly rows: readonly NewStoredInstance[];
  readonly letters: readonly NewLetter[];
  readonly messageIds: readonly string[];
}

/** The JSON of the input, once it is checked. Throws `INPUT_INVALID` or a payload error before anything is written. */
export function checkInput({ name, input: schema }: SagaDefinition, input: unknown): string {
  const checked = validate(schema, input);
  if (checked.kind === 'invalid') {
    const violations = violationsText(checked.violations);
    throw new SagaError('INPUT_INVALID', `the input of saga '${name}' is not valid: ${violations}`, {
      fields: { saga: name, violations: checked.violations },
      hint: 'correct the fields named; nothing was started',
    });
  }
  return encodeJson(checked.value, { what: `input of saga '${name}'` });
}

/**
 * Instance, journal, leading local steps and first commands, in one transaction. Where it throws, nothing of it is left: a transaction that was
 * opened for it rolls back as a whole, and in a caller's it all lies in a savepoint, so that theirs is as usable as before.
 */
export function startIn<Trx>(tx: SagaTransaction<Trx>, request: StartRequest, context: StartContext): Promise<Started> {
  const isOwn = context.bornLeaseMs !== undefined;
  return isOwn ? start(tx, request, context) : tx.savepoint(() => start(tx, request, context));
}

async function start<Trx>(tx: SagaTransaction<Trx>, request: StartRequest, context: StartContext): Promise<Started> {
  const sagaId = (context.newId ?? uuidV7)(await tx.now());
  const known = request.startKey === null ? undefined : await claimKey(tx, request, sagaId);
  if (known !== undefined) return { sagaId: known, created: false, claimed: [], messageIds: [], leg: undefined };
  const locks = await takeLocks(tx, request.definition, { sagaId, input: JSON.parse(request.inputJson) });
  // Only now: what was waited for the key and the locks is not the saga's time.
  const now = await tx.now();
  const leg = firstLeg(request, { sagaId, now, locks, sender: context.sender });
  await answerQuestions(leg, {
    tx,
    sender: context.sender,
    classify: context.classify,
    onThrown: (step, cause) => {
      throw startFailed(request.definition, { step, code: codeOf(cause), message: thrownMessage(cause), cause });
    },
  });
  const { rows, letters, messageIds } = firstRows(request, leg, now);
  const claimed = await tx.insert(rows, context.bornLeaseMs === undefined ? {} : { bornLeaseMs: context.bornLeaseMs });
  if (letters.length > 0) await tx.post(letters);
  return { sagaId, created: true, claimed, messageIds, leg };
}

/** What a saga does first, before anything of it is written or asked within a transaction. */
export function firstLeg(
  { definition, inputJson }: StartRequest,
  about: {
    readonly sagaId: string;
    readonly now: number;
    readonly locks?: StartedLocks | undefined;
    readonly sender: Sender;
  },
): Leg {
  const { sagaId, now, locks, sender } = about;
  const input = JSON.parse(inputJson) as unknown;
  const leg = openLeg(definition, newInstance(definition, { id: sagaId, input, now }));
  applyInput(leg, { kind: 'started', ...(locks === undefined ? {} : { locks }) }, { now, sender });
  return leg;
}

/** The rows of an instance and of the children that begin with it. Throws `START_FAILED` where it cannot take its first step. */
export function firstRows(request: StartRequest, leg: Leg, now: number): FirstRows {
  refuseParked(leg);
  const messages = [...leg.messages.values()];
  const rows: NewStoredInstance[] = [
    {
      // What was checked, whatever the author's functions did to the object that they were handed.
      instance: { ...leg.instance, input: JSON.parse(request.inputJson) as unknown },
      entries: leg.entries,
      messages,
      wakeAt: wakeAt(leg.instance.state, now),
      tags: request.tags,
      startKey: request.startKey,
    },
    ...leg.born.map((born) => storedChild(born, request.tags)),
  ];
  return { rows, letters: lettersOf(leg), messageIds: messages.map((row) => row.id) };
}

/** The instance that the key belongs to already, or nothing where it is ours now. */
async function claimKey<Trx>(
  tx: SagaTransaction<Trx>,
  { definition, inputJson, startKey }: StartRequest,
  sagaId: string,
): Promise<string | undefined> {
  const key = startKey ?? '';
  const fingerprint = createHash('sha256')
    .update(stringify(JSON.parse(inputJson)) ?? '')
    .digest('hex');
  const fields = { saga: definition.name, idempotencyKey: key };
  const answer = await tx.claimStartKey({ saga: definition.name, key, fingerprint, sagaId });
  switch (answer.kind) {
    case 'claimed':
      return undefined;
    case 'taken':
      if (answer.fingerprint === fingerprint) return answer.sagaId;
      throw new SagaError('START_KEY_REUSED', `saga '${definition.name}' was started with this key and another input`, {
        fields: { ...fields, sagaId: answer.sagaId },
        hint: 'use a new idempotencyKey for a new request; the same key means the same request',
      });
    case 'busy':
      throw new SagaError('START_KEY_BUSY', `another transaction is starting saga '${definition.name}' with this key`, {
        fields,
        hint: 'try again: the other start has not committed yet',
      });
    default:
      return answer satisfies never;
  }
}

/** An instance that cannot take its first step is not left behind parked: the caller is here and can be told. */
function refuseParked(leg: Leg): void {
  const { parked } = leg.instance.state;
  if (parked === undefined) return;
  const { code, message, step = '' } = parked;
  throw startFailed(leg.definition, { step, code, message });
}

function startFailed(
  { name }: SagaDefinition,
  {
    step,
    code,
    message,
    cause,
  }: { readonly step: string; readonly code: string; readonly message: string; readonly cause?: unknown },
): SagaError {
  return new SagaError('START_FAILED', `saga '${name}' was not started: step '${step}': ${message}`, {
    fields: { saga: name, step, code },
    hint: 'nothing was written; correct the cause and start again',
    cause,
  });
}

function codeOf(cause: unknown): string {
  if (typeof cause !== 'object' || cause === null) return 'AUTHOR_CODE_FAILED';
  if ('declined' in cause && typeof cause.declined === 'string') return cause.declined;
  return 'code' in cause && typeof cause.code === 'string' ? cause.code : 'AUTHOR_CODE_FAILED';
}
