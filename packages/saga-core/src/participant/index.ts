export type { FenceKey, FenceRow, FenceStatus, FenceStore, FenceTransaction } from './fence-store.js';
export {
  type Declined,
  type Handler,
  type HandlerContext,
  type Participant,
  type ParticipantFunction,
  participantOn,
} from './participant.js';
export {
  createParticipantRunner,
  type ParticipantRunner,
  type ParticipantRunnerOptions,
} from './participant-runner.js';
