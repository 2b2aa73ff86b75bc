export type { Duration } from './definition/duration.js';
export type { Json, SagaTypeError, Serializable } from './definition/json-value.js';
export type { RetryPolicy } from './definition/retry-policy.js';
export type { LocksDefinition, SagaLocks, WhenHeld } from './definition/saga-locks.js';
export { type SagaFunction, type SagaOptions, sagaOn } from './definition/saga.js';
export type { Failure, LocalContext, StepContext, UndoContext } from './definition/step-context.js';
export type { SagaDefinition, StepDefinition } from './definition/step-definition.js';
export type { AnySaga, InputOf, OutputOf, Outputs, Pair, Saga, StepsOf } from './definition/step-list.js';
export type { SagaEngineOptions } from './engine/engine-options.js';
export type { Inspection, InspectOptions } from './engine/inspect-instance.js';
export type { InstanceFilter } from './engine/instance-filter.js';
export type {
  Counted,
  InstanceCount,
  InstanceCounts,
  InstanceOrder,
  InstancePosition,
  InstanceQuery,
  InstanceReads,
  InstanceSlice,
} from './engine/instance-reads.js';
export type { InstanceSummary } from './engine/instance-summary.js';
export {
  type CountOptions,
  createInstances,
  type InstancePage,
  type Instances,
  type InstancesOptions,
  type PageOptions,
} from './engine/instances.js';
export type { Operator } from './engine/operator.js';
export type { OperatorInput } from './engine/operate.js';
export type { BulkOptions, BulkRefusal, BulkReport, BulkVerb } from './engine/operate-many.js';
export type { Preview, PreviewMessage } from './engine/preview-verb.js';
export type { RemainingStep } from './engine/remaining-steps.js';
export type { MigrateInstancesOptions, MigrationReason, MigrationReport } from './engine/migrate-instances.js';
export type { InstanceView, LockView } from './engine/instance-view.js';
export { createSagaEngine, type SagaEngine, type StartOptions } from './engine/saga-engine.js';
export type { SagaHandle } from './engine/saga-handle.js';
export type { LockPlace, LockRequest, SagaStore, SagaTransaction } from './engine/saga-store.js';
export type { Signal } from './engine/signal-instance.js';
export { commandTopic, deadLetterTopic, replyTopic } from './exchange/topic-names.js';
export { SagaError, type SagaErrorCode, StepDeclined, sagaErrorCodes } from './errors.js';
export {
  defineMigration,
  type MigrationOptions,
  type SagaMigration,
  type StepRenames,
} from './machine/define-migration.js';
export type { Effect } from './machine/effect.js';
export { fold, withoutPace } from './machine/evolve.js';
export {
  type InstanceLocks,
  type InstanceState,
  newInstance,
  type SagaInstance,
  type SagaStatus,
  type StepStatus,
} from './machine/instance.js';
export type { JournalEntry, JournalEvent, StartedLocks } from './machine/journal-event.js';
export { type MigratedInstance, migrateInstance } from './machine/migrate-instance.js';
export type { LockAnswer, LockTaken, Resolution, SagaInput, Verb } from './machine/saga-input.js';
export { type Transition, transition } from './machine/transition.js';
export { wakeAt } from './machine/wake-at.js';
export {
  checkAgainstPopulation,
  type Population,
  type PopulationFinding,
  type PopulationVerdict,
  type StepCount,
} from './operations/check-against-population.js';
export {
  checkDatabase,
  type CheckDatabaseOptions,
  type DatabaseCheck,
  type DefinitionCheck,
  type DefinitionFate,
} from './operations/check-database.js';
export { compareDefinitions, type Describable } from './operations/compare-definitions.js';
export type { Bound, Course, CourseAction, EndlessWait } from './operations/course.js';
export { type Coverage, createCoverage, type CoverageReport, type CoverageRow } from './operations/coverage.js';
export type { CoverageEdge, CoverageOutcome } from './operations/coverage-edge.js';
export { databaseCheckText } from './operations/database-check-text.js';
export type { ChangeClass, ChangeKind, Concern, DefinitionChange } from './operations/definition-change.js';
export {
  type DefinitionDescription,
  describeDefinition,
  type PaceDescription,
  type StepDescription,
} from './operations/describe-definition.js';
export { exportRecording } from './operations/export-recording.js';
export { explain, type Explanation } from './operations/explain.js';
export { explainText } from './operations/explain-text.js';
export {
  assertLocked,
  checkLock,
  lockDefinitions,
  type LockViolation,
  type SagaLock,
} from './operations/lock-definitions.js';
export { type DrawnInstance, type StepMark, stepMarks } from './operations/progress.js';
export type { Recording } from './operations/recording.js';
export type { AuthorFunction, ReplayDivergence } from './operations/replay-divergence.js';
export { replayJournal, type ReplayReport } from './operations/replay-journal.js';
export type { JsonDifference } from './operations/json-difference.js';
export type { Mishap, Scenario } from './operations/scenario.js';
export { toMermaid } from './operations/to-mermaid.js';
export { toSvg } from './operations/to-svg.js';
export { toText } from './operations/to-text.js';
