export { type Assignment, createAssignment } from './assignment.js';
export { classifyTrouble, causes, protocolType, type Trouble } from './classify-trouble.js';
export { type InTime, inTime } from './deadline.js';
export { createDriverTransport, type Driver } from './driver-transport.js';
export {
  type KafkaErrorCode,
  KafkaTransportError,
  type KafkaTransportErrorOptions,
  kafkaErrorCodes,
} from './errors.js';
export {
  type GroupMember,
  type GroupMemberOptions,
  goodbyeMs,
  lostMembership,
  type MemberEvents,
  type TopicPartition,
} from './group-member.js';
export { type CrashVerdict, judgeCrash } from './judge-crash.js';
export { type HandOverOptions, handOver, type Turn, type TurnOutcome } from './hand-over.js';
export { type DecodedRecord, type InboundLimits, inboundRecord } from './inbound-record.js';
export { createOffsetCommitter, type OffsetCommitter, type SendCommit } from './offset-committer.js';
export { createOffsetLedger, type OffsetLedger, type PartitionOffset } from './offset-ledger.js';
export { createOneSignal, type OneSignal } from './one-signal.js';
export { pause } from './pause.js';
export type { ProduceOutcome, ProducerPort } from './producer-port.js';
export { createRedeliveryDelays, type RedeliveryDelays } from './redelivery-delays.js';
export { createSendCall, type SendCall, type SendEntry } from './send-call.js';
export { type PartitionsByTopic, type SubscribedMember, spreadPartitions } from './spread-partitions.js';
export type { TopicAdmin } from './topic-admin.js';
export {
  type DriverOptions,
  type DriverSettings,
  type HeaderLimits,
  integer,
  invalid,
  resolveDriverOptions,
} from './transport-options.js';
