export { type CancelTimer, type Clock, systemClock } from './clock.js';
export type {
  AnyCommand,
  Command,
  CommandSpec,
  Contract,
  ContractOptions,
  ErrorsOf,
  ReceivedOf,
  ReplyInputOf,
  ReplyOf,
  RequestOf,
} from './contract.js';
export { MessagingError, type MessagingErrorCode, messagingErrorCodes, TransportUnavailableError } from './errors.js';
export { type Logger, silentLogger } from './logger.js';
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
