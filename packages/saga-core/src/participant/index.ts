export { type Answers, type AnswersOptions, createAnswers, type LaterAnswer } from './answers.js';
export type { GivenAnswer } from './answer-later.js';
export type { BatchAnswer, BatchHandlerContext, BatchHandler } from './batch-handler.js';
export type { FenceKey, FenceRecords, FenceRow, FenceStatus, FenceStore, FenceTransaction } from './fence-store.js';
export type { Accepted, Declined, HandledCommand, Handler, HandlerAnswer, HandlerContext } from './handler.js';
export { type BoundHandler, type Participant, type ParticipantFunction, participantOn } from './participant.js';
export {
  createParticipantRunner,
  type ParticipantRunner,
  type ParticipantRunnerOptions,
} from './participant-runner.js';
