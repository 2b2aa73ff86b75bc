import type { AttributeReader } from './attribute-reader.js';
import { type CommandEnvelope, type DecodedEnvelope, envelopeLimits, type WithDataJson } from './envelope.js';
import { readEnvelope, readSharedFields, sharedAttributes, writeEnvelope } from './envelope-codec.js';

/**
 * A command as CloudEvents 1.0 structured JSON. `type` is the command's name.
 *
 * @throws MessagingError ENVELOPE_INVALID where `decodeCommand` would refuse it.
 */
export function encodeCommand(envelope: WithDataJson<CommandEnvelope>): string {
  const attributes = Object.assign(sharedAttributes(envelope, envelope.command), {
    firstsentat: envelope.firstSentAt,
    replytopic: envelope.replyTopic,
    sagadone: envelope.isDone,
  });
  return writeEnvelope(attributes, envelope.dataJson, readCommand);
}

/** Checks every attribute's type and length; unknown attributes are ignored. Never throws. */
export function decodeCommand(text: string | null): DecodedEnvelope<CommandEnvelope> {
  return readEnvelope(text, 'command', readCommand);
}

function readCommand(read: AttributeReader): CommandEnvelope {
  const isDone = read.optionalTrue('sagadone');
  return Object.assign(readSharedFields(read, ''), {
    firstSentAt: read.timestamp('firstsentat'),
    replyTopic: read.text('replytopic', envelopeLimits.topic),
    ...(isDone ? { isDone } : {}),
    data: read.attributes['data'] ?? null,
  });
}
