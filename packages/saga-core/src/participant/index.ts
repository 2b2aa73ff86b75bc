export { type Answers, type AnswersOptions, createAnswers, type LaterAnswer } from './answers.js';
export type { GivenAnswer } from './answer-later.js';
export type { FenceKey, FenceRow, FenceStatus, FenceStore, FenceTransaction } from './fence-store.js';
export {
  type Accepted,
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
