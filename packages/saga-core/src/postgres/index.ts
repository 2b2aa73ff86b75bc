export type { Retention } from '../exchange/prune-loop.js';
export { createFenceRetention, type FenceRetentionOptions, type PrunedFence } from './fence-retention.js';
export { migrateParticipant, type MigrateParticipantOptions } from './migrate-participant.js';
export { migrateSagas, type MigrateSagasOptions } from './migrate-sagas.js';
export { fenceMigrations } from './migrations/fence-migrations.js';
export { sagaMigrations } from './migrations/saga-migrations.js';
export { notSentHook, type NotSentHookOptions } from './not-sent-hook.js';
export { sagaCommandAggregate } from './not-sent-letters.js';
export { postgresAnswers, type PostgresAnswersOptions } from './postgres-answers.js';
export { postgresFenceStore, type PostgresFenceStoreOptions } from './postgres-fence-store.js';
export { postgresSagaStore, type PostgresSagaStoreOptions } from './postgres-saga-store.js';
export { type PostgresEngine, type PostgresEngineOptions, postgresEngine } from './postgres-engine.js';
export {
  type PostgresParticipant,
  type PostgresParticipantOptions,
  postgresParticipant,
} from './postgres-participant.js';
export { runSagaCheck, type RunSagaCheckOptions } from './run-saga-check.js';
export { createSagaRetention, type PrunedSagas, type SagaRetentionOptions } from './saga-retention.js';
