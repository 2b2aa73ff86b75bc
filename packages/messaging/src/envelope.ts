import type { CommandIdentity } from './command-id.js';

/** Orchestrator to participant. */
export interface CommandEnvelope extends CommandIdentity {
  /** Of this message: for tracing, new with each attempt. */
  readonly id: string;
  /** The orchestrator's name. */
  readonly source: string;
  /** `<participant>.<command>`. */
  readonly command: string;
  /** ISO 8601, when this message was made. */
  readonly time: string;
  /** The saga's name. */
  readonly saga: string;
  /** The effect key: the same through all attempts of a round. */
  readonly commandId: string;
  readonly attempt: number;
  /** ISO 8601, when the first attempt of this round was made: the age that the fence's retention is held against. */
  readonly firstSentAt: string;
  readonly replyTopic: string;
  /** Of an undo: its sender knows that the do took effect. A participant that has forgotten it undoes it all the same. */
  readonly isDone?: true;
  /** Carried back by the reply. */
  readonly replyToken: string;
  /** Which installation of the orchestrator asks: two that share a broker must not take each other's replies. */
  readonly installation: string;
  /** W3C trace context. One that is ill-formed is left out. */
  readonly traceparent?: string;
  readonly data: unknown;
}

/** Participant to orchestrator. */
export interface ReplyEnvelope extends CommandIdentity {
  readonly id: string;
  /** The participant's name. */
  readonly source: string;
  readonly command: string;
  readonly time: string;
  readonly saga: string;
  readonly commandId: string;
  readonly attempt: number;
  readonly outcome: ReplyOutcome;
  /** Which refusal or error: always with `declined` and `failed`, never with the others. */
  readonly code?: string;
  /** For people. Cut to 2,000 characters. */
  readonly message?: string;
  readonly replyToken: string;
  readonly installation: string;
  readonly traceparent?: string;
  /** The reply's body where it succeeded, the refusal's detail where it was declined, otherwise null. */
  readonly data: unknown;
}

/**
 * `declined` is a business "no", definite; `failed` is a technical error of one attempt and proves nothing about the others. `accepted` is no
 * outcome yet: the command is being worked on, another reply follows; said again it is a heartbeat.
 */
export type ReplyOutcome = 'succeeded' | 'declined' | 'failed' | 'accepted';

/** Ready to be encoded: the body is already JSON (`encodeJson`, or `null`), so that it is serialised once in its life. */
export type WithDataJson<Envelope> = Omit<Envelope, 'data'> & { readonly dataJson: string };

export type DecodedEnvelope<Envelope> =
  | { readonly kind: 'ok'; readonly envelope: Envelope }
  | { readonly kind: 'invalid'; readonly reason: string };

/** The media type of a saga's message. Set it as the record's `content-type`. */
export const envelopeContentType = 'application/cloudevents+json';

/** Lengths in UTF-16 units. */
export const envelopeLimits = { name: 128, id: 512, token: 256, topic: 249, message: 2_000 } as const;
