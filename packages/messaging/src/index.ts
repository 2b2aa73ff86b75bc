export { type CancelTimer, type Clock, systemClock } from './clock.js';
export { decodeCommand, encodeCommand } from './command-codec.js';
export { type CommandIdentity, commandId, type Direction, parseCommandId } from './command-id.js';
export {
  type AnyCommand,
  type Command,
  type CommandSpec,
  type Contract,
  type ContractOptions,
  commandsOf,
  contract,
  contractOptions,
  type ErrorsOf,
  type ReceivedOf,
  type ReplyInputOf,
  type ReplyOf,
  type RequestOf,
} from './contract.js';
export {
  type CommandEnvelope,
  type DecodedEnvelope,
  envelopeContentType,
  envelopeLimits,
  type ReplyEnvelope,
  type ReplyOutcome,
  type WithDataJson,
} from './envelope.js';
export { MessagingError, type MessagingErrorCode, messagingErrorCodes, TransportUnavailableError } from './errors.js';
export { type DomainEvent, eventLimits } from './event.js';
export { type EventCatalog, type EventSpec, type EventValidation, eventCatalog } from './event-catalog.js';
export { type EventToPublish, eventRecord, type ReadEvent, type ReceivedEvent, readEvent } from './event-record.js';
export { jsonSchema } from './json-schema.js';
export {
  type DecodedJson,
  decodeJson,
  encodeJson,
  isLargePayload,
  type JsonLimits,
  payloadLimits,
} from './json-text.js';
export { type Logger, silentLogger } from './logger.js';
export { partitionOf } from './partition-of.js';
export { decodeReply, encodeReply } from './reply-codec.js';
export {
  issueReplyToken,
  type ReplyTokenKey,
  type ReplyTokenKeys,
  type ReplyTokenSubject,
  verifyReplyToken,
} from './reply-token.js';
export { foundText } from './found-text.js';
export { type Validated, type Violation, validate, violationsText } from './standard-schema.js';
export type {
  BatchContext,
  BatchHandler,
  InboundRecord,
  OutboundRecord,
  RecordBatch,
  SendRefusal,
  SendResult,
  SubscribeOptions,
  Subscription,
  TopicSpec,
  Transport,
} from './transport.js';
export { commandWireSchema, replyWireSchema } from './wire-schema.js';
