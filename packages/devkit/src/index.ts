export { type CreateDatabaseOptions, createDatabase, dropDatabase } from './create-database.js';
export { DevkitError, type DevkitErrorCode } from './devkit-error.js';
export { freePort } from './free-port.js';
export type { KafkaServer, NoKafka } from './kafka-server.js';
export type { PostgresServer } from './postgres-server.js';
export { type StartKafkaOptions, startKafka } from './start-kafka.js';
export { type StartPostgresOptions, startPostgres } from './start-postgres.js';
export type { Tried, Way } from './choose-ways.js';
