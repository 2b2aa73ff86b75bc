export { testSaga, type SagaTest } from './test-saga.js';
export { declined, type React, type Reaction, type ReplyReaction, type Wait } from './test-saga-reaction.js';
export type { StubContext, StubUndoContext, TestSagaOptions, TestVerb } from './test-saga-script.js';
export type { SentCommand, TestRun } from './test-saga-world.js';
