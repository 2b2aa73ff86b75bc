import type { AttributeReader } from './attribute-reader.js';
import { type DecodedEnvelope, envelopeLimits, type ReplyEnvelope, type WithDataJson } from './envelope.js';
import { readEnvelope, readSharedFields, sharedAttributes, writeEnvelope } from './envelope-codec.js';

/** Behind the command's name in `type`. A command's name has one dot, so no command can look like a reply. */
const typeSuffix = '.reply';

/**
 * A reply as CloudEvents 1.0 structured JSON. `type` is the command's name with `.reply`.
 *
 * @throws MessagingError ENVELOPE_INVALID where `decodeReply` would refuse it. The message alone is mended: it is an error's text, and
 * nothing in that may keep the reply from being sent.
 */
export function encodeReply(envelope: WithDataJson<ReplyEnvelope>): string {
  const attributes = Object.assign(sharedAttributes(envelope, `${envelope.command}${typeSuffix}`), {
    outcome: envelope.outcome,
    outcomecode: envelope.code,
    outcomemessage: storableMessage(envelope.message),
  });
  return writeEnvelope(attributes, envelope.dataJson, readReply);
}

/** Checks every attribute's type and length; unknown attributes are ignored. Never throws. */
export function decodeReply(text: string | null): DecodedEnvelope<ReplyEnvelope> {
  return readEnvelope(text, 'reply', readReply);
}

function readReply(read: AttributeReader): ReplyEnvelope {
  const outcome = read.oneOf('outcome', ['succeeded', 'declined', 'failed', 'accepted']);
  const code = read.optionalText('outcomecode', envelopeLimits.name);
  const message = read.optionalText('outcomemessage', envelopeLimits.message);
  const isRefusal = outcome === 'declined' || outcome === 'failed';
  if (!isRefusal && code !== undefined) read.reject(`outcomecode stands beside ${outcome}`);
  if (isRefusal && code === undefined) read.reject('outcomecode is missing');
  return Object.assign(
    readSharedFields(read, typeSuffix),
    { outcome, data: read.attributes['data'] ?? null },
    code === undefined ? undefined : { code },
    message === undefined ? undefined : { message },
  );
}

function storableMessage(message: string | undefined): string | undefined {
  // An empty message says nothing, and an empty attribute is not allowed.
  if (!message) return undefined;
  // Cut first: a pair of surrogates that the cut parts is mended with the rest.
  return Buffer.from(message.slice(0, envelopeLimits.message)).toString().replaceAll('\0', '\ufffd');
}
