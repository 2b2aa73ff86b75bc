import { decodeCommand, decodeReply, type InboundRecord, type ReplyEnvelope } from '@backstitch/messaging';
import type { InMemoryBroker } from '@backstitch/messaging/testing';
import type { Direction } from '../machine/saga-input.js';

/** A command or a reply as the broker has it. One that was sent twice stands here twice. */
export interface SentMessage {
  readonly topic: string;
  readonly kind: 'command' | 'reply';
  readonly sagaId: string;
  readonly saga: string;
  readonly step: string;
  /** `inventory.reserve`, or `backstitch.tombstone` for an undo that only fences. */
  readonly command: string;
  readonly direction: Direction;
  readonly round: number;
  readonly attempt: number;
  /** Of a reply. */
  readonly outcome?: ReplyEnvelope['outcome'];
  /** Of a reply that is declined or failed. */
  readonly code?: string;
  /** The payload, the reply's body, or the refusal's detail. */
  readonly data: unknown;
  /** When it was made, in milliseconds since the epoch of the test's time. */
  readonly at: number;
}

/** What was sent on the topics of sagas, in the order in which it was made. */
export function sentMessages(broker: InMemoryBroker): readonly SentMessage[] {
  const messages = [...broker.topics().values()].flat().flatMap((record) => read(record) ?? []);
  return messages.sort((one, other) => one.at - other.at);
}

function read({ topic, value }: InboundRecord): SentMessage | undefined {
  const command = decodeCommand(value);
  if (command.kind === 'ok') return { topic, kind: 'command', ...factsOf(command.envelope) };
  const reply = decodeReply(value);
  if (reply.kind !== 'ok') return undefined;
  const { outcome, code } = reply.envelope;
  return { topic, kind: 'reply', ...factsOf(reply.envelope), outcome, ...(code === undefined ? {} : { code }) };
}

function factsOf(envelope: {
  readonly sagaId: string;
  readonly saga: string;
  readonly step: string;
  readonly command: string;
  readonly direction: Direction;
  readonly round: number;
  readonly attempt: number;
  readonly time: string;
  readonly data: unknown;
}): Omit<SentMessage, 'topic' | 'kind' | 'outcome' | 'code'> {
  const { sagaId, saga, step, command, direction, round, attempt, time, data } = envelope;
  return { sagaId, saga, step, command, direction, round, attempt, data, at: Date.parse(time) };
}
