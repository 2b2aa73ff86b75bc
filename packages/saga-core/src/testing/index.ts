export { explore, type ExploreOptions, type ExploreReport } from './explore.js';
export type { Decline, ExploredResolutions, ExploreVerb } from './explore-plan.js';
export type { ExploreBound, ExploreViolation, TerminalKind } from './explore-search.js';
export type { ExploredWorld, ExploreInvariant } from './explore-view.js';
export {
  createMemoryFenceStore,
  createMemorySagaStore,
  fenceStoreConformance,
  type FenceStoreSubject,
  type FenceStoreUnderTest,
  MemoryConstraintError,
  type MemoryFenceStore,
  type MemoryFenceStoreOptions,
  memoryNotSentHook,
  type MemorySagaStore,
  type MemorySagaStoreOptions,
  sagaStoreConformance,
  type SagaStoreOpenOptions,
  type SagaStoreSubject,
  type SagaStoreUnderTest,
  type StoreConformanceApi,
} from './stores.js';
export { createTestEngine } from './create-test-engine.js';
export type { SentMessage } from './sent-message.js';
export type { Goal, PlacedParticipant, TestEngine, TestEngineOptions } from './test-engine.js';
export { type CommandAnswer, type CommandPlace, type ParticipantTest, testParticipant } from './test-participant.js';
export type { TestParticipantOptions } from './test-participant-store.js';
export type { TestProcess } from './test-process.js';
export { testSaga, type SagaTest } from './test-saga.js';
export { hang } from './test-saga-hang.js';
export { declined, type React, type Reaction, type ReplyReaction, type Wait } from './test-saga-reaction.js';
export type { ChildStub, StubContext, StubUndoContext, TestSagaOptions, TestVerb } from './test-saga-script.js';
export type { BegunChild, SentCommand, TestRun } from './test-saga-world.js';
