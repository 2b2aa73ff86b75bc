import {
  foundText,
  type AnyCommand,
  encodeJson,
  type ErrorsOf,
  type ReplyInputOf,
  type RequestOf,
  validate,
  violationsText,
} from '@backstitch/messaging';
import { type Duration, parseDuration } from '../definition/duration.js';
import { SagaError } from '../errors.js';
import type { ReplyOutcome } from '../machine/saga-input.js';
import type { Declined } from '../participant/handler.js';
import type { TestAnswer } from './test-saga-fence.js';

/** Milliseconds of the test's own clock, or a duration such as `45s`. */
export type Wait = number | Duration;

/** What becomes of one sending of a command. */
export type Reaction<C extends AnyCommand> =
  | ReplyReaction<C>
  | DeclinedBy<C>
  | AcceptedReaction<C>
  /** Delivered twice and answered twice: the second copy meets the fence. */
  | { readonly duplicate: ReplyInputOf<C> }
  /** A technical failure of this attempt: rolled back, tried again. */
  | FailReaction
  /** It takes effect, and its answer is not what the contract says. */
  | { readonly broken: unknown }
  /** The broker refuses the record for good: the participant cannot see it. */
  | { readonly refused: { readonly code?: string; readonly message: string } }
  /** Lost on the way: the participant never sees it, nobody answers. */
  | { readonly drop: true };

export interface ReplyReaction<C extends AnyCommand> {
  readonly reply: ReplyInputOf<C>;
  /** The command is this long on its way. Whatever the fence says by then decides whether it still takes effect. */
  readonly delay?: Wait;
  /** It takes effect at once; its answer is this long on its way. */
  readonly replyDelay?: Wait;
  /** It takes effect, and its answer never arrives. */
  readonly replyLost?: true;
}

/**
 * It is taken on, and answered so long after that; until then a heartbeat comes every so often. Without an `answer` nothing more is heard of it:
 * whoever worked on it has died.
 */
export interface AcceptedReaction<C extends AnyCommand> {
  readonly accepted: {
    readonly answer?: { readonly reply: ReplyInputOf<C> } | DeclinedBy<C> | FailReaction;
    /** Required with an `answer`. */
    readonly after?: Wait;
    /** Absent: no heartbeats. */
    readonly heartbeatEvery?: Wait;
  };
}

interface FailReaction {
  readonly fail: { readonly code?: string; readonly message: string };
}

type DeclinedBy<C> = { readonly [K in keyof ErrorsOf<C> & string]: Declined<K, ErrorsOf<C>[K]> }[keyof ErrorsOf<C> &
  string];

/** Asked at every sending: `attempt` counts from 1. */
export type React<C extends AnyCommand> = (payload: RequestOf<C>, attempt: number) => Reaction<C>;

/**
 * The participant's business "no", for `when`.
 *
 * @throws SagaError CONTRACT_BROKEN where the contract does not declare the code, or the detail does not fit.
 */
export function declined<C extends AnyCommand, K extends keyof ErrorsOf<C> & string>(
  command: C,
  code: K,
  detail: ErrorsOf<C>[K],
): Declined<K, ErrorsOf<C>[K]> {
  checkRefusal(command, code, detail);
  return { kind: 'declined', code, detail };
}

/** How a sending goes. */
export type Delivery =
  | { readonly kind: 'lost' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | {
      readonly kind: 'delivered';
      readonly afterMs: number;
      readonly copies: 1 | 2;
      /** `null`: the answer never arrives. */
      readonly answerAfterMs: number | null;
      readonly outcome: TestAnswer;
      /** Of an accepted command. */
      readonly later?: LaterAnswer;
    };

export interface LaterAnswer {
  /** Heartbeats and the answer, in their order, each so long after the acceptance. */
  readonly said: readonly { readonly afterMs: number; readonly answer: TestAnswer }[];
}

/** A reaction held against the command's contract. Throws `CONTRACT_BROKEN` or `OPTION_INVALID` naming the command. */
export function deliveryOf(command: AnyCommand, reaction: Reaction<AnyCommand>): Delivery {
  if (typeof reaction !== 'object' || reaction === null) throw unreadable(command, reaction);
  if ('drop' in reaction) return { kind: 'lost' };
  if ('refused' in reaction)
    return { kind: 'refused', code: reaction.refused.code ?? 'MESSAGE_TOO_LARGE', message: reaction.refused.message };
  if ('fail' in reaction) {
    const { code = 'HANDLER_FAILED', message } = reaction.fail;
    return arriving({ kind: 'failed', code, message });
  }
  if ('accepted' in reaction) return acceptedOf(command, reaction);
  if ('broken' in reaction) return arriving(brokenOf(command, reaction.broken));
  if ('duplicate' in reaction) return { ...arriving(succeededWith(command, reaction.duplicate)), copies: 2 };
  if ('reply' in reaction) {
    const { delay = 0, replyDelay = 0, replyLost } = reaction;
    return {
      ...arriving(succeededWith(command, reaction.reply)),
      afterMs: waitMs(delay, `delay of '${command.name}'`),
      answerAfterMs: replyLost ? null : waitMs(replyDelay, `replyDelay of '${command.name}'`),
    };
  }
  if ((reaction as { readonly kind?: unknown }).kind === 'declined')
    return arriving(declinedWith(command, reaction as Declined));
  throw unreadable(command, reaction);
}

function acceptedOf(command: AnyCommand, { accepted }: AcceptedReaction<AnyCommand>): Delivery {
  const { answer, after, heartbeatEvery } = accepted;
  const about = `of accepted '${command.name}'`;
  if ((answer === undefined) !== (after === undefined) || (heartbeatEvery !== undefined && after === undefined))
    throw unreadable(command, { accepted });
  const said: { afterMs: number; answer: TestAnswer }[] = [];
  if (answer !== undefined && after !== undefined) {
    const afterMs = waitMs(after, `after ${about}`);
    const everyMs = heartbeatEvery === undefined ? afterMs : waitMs(heartbeatEvery, `heartbeatEvery ${about}`);
    for (let at = everyMs; at < afterMs && everyMs > 0; at += everyMs)
      said.push({ afterMs: at, answer: { kind: 'accepted' } });
    const delivery = deliveryOf(command, answer as Reaction<AnyCommand>);
    if (delivery.kind === 'delivered') said.push({ afterMs, answer: delivery.outcome });
  }
  return { ...arriving({ kind: 'accepted' }), later: { said } };
}

function arriving(outcome: TestAnswer): Delivery & { readonly kind: 'delivered' } {
  return { kind: 'delivered', afterMs: 0, copies: 1, answerAfterMs: 0, outcome };
}

/** What later steps read is what the contract's schema makes of the reply. */
export function succeededWith(command: AnyCommand, body: unknown): ReplyOutcome {
  const checked = checkReply(command, body);
  if (checked.kind === 'valid')
    return checked.output === undefined ? { kind: 'succeeded' } : { kind: 'succeeded', output: checked.output };
  throw new SagaError('CONTRACT_BROKEN', `the reply to '${command.name}' breaks its contract: ${checked.message}`, {
    fields: { command: command.name },
    hint: "correct the reply, or say { broken: … } where the participant's mistake is what you test",
  });
}

export function declinedWith(command: AnyCommand, { code, detail }: Declined): ReplyOutcome {
  checkRefusal(command, code, detail);
  return { kind: 'declined', code, message: code, ...(detail === undefined ? {} : { detail }) };
}

function brokenOf(command: AnyCommand, body: unknown): ReplyOutcome {
  const checked = checkReply(command, body);
  const message = checked.kind === 'invalid' ? checked.message : 'the body is not what the contract says';
  return { kind: 'contractBroken', message, body };
}

type CheckedReply =
  | { readonly kind: 'valid'; readonly output: unknown }
  | { readonly kind: 'invalid'; readonly message: string };

function checkReply(command: AnyCommand, body: unknown): CheckedReply {
  const schema = command.spec.reply;
  if (schema === undefined) {
    return body === undefined || body === null
      ? { kind: 'valid', output: undefined }
      : { kind: 'invalid', message: 'it answers nothing' };
  }
  encodeJson(body ?? null, { what: `reply to '${command.name}'` });
  const checked = validate(schema, body);
  if (checked.kind === 'valid') return { kind: 'valid', output: checked.value };
  return {
    kind: 'invalid',
    message: violationsText(checked.violations),
  };
}

function checkRefusal(command: AnyCommand, code: string, detail: unknown): void {
  const errors: Readonly<Record<string, AnyCommand['spec']['request']>> = command.spec.errors ?? {};
  const fields = { command: command.name, code };
  const schema = Object.hasOwn(errors, code) ? errors[code] : undefined;
  if (schema === undefined) {
    throw new SagaError('CONTRACT_BROKEN', `'${command.name}' does not decline with '${code}'`, {
      fields,
      hint: `it declares ${Object.keys(errors).join(', ') || 'no refusals'}`,
    });
  }
  const checked = validate(schema, detail);
  if (checked.kind === 'valid') return;
  const violations = violationsText(checked.violations);
  throw new SagaError(
    'CONTRACT_BROKEN',
    `the detail of '${code}' breaks the contract of '${command.name}': ${violations}`,
    { fields },
  );
}

/** Whole milliseconds. Throws `DURATION_INVALID` naming the field and the value. */
export function waitMs(wait: Wait, field: string): number {
  if (typeof wait !== 'number') return parseDuration(wait, field);
  if (Number.isInteger(wait) && wait >= 0) return wait;
  throw new SagaError('DURATION_INVALID', `${field} is ${wait}`, {
    fields: { field, value: wait },
    hint: 'give whole milliseconds from 0, or 30s',
  });
}

function unreadable(command: AnyCommand, reaction: unknown): SagaError {
  return new SagaError('OPTION_INVALID', `the reaction to '${command.name}' is ${foundText(reaction)}`, {
    fields: { command: command.name },
    hint: 'give { reply }, declined(…), { accepted: { answer, after } }, { duplicate }, { fail }, { broken }, { refused } or { drop: true }',
  });
}
