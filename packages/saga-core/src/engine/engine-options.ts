import { foundText, type Clock, type Logger, type ReplyTokenKeys, type Transport } from '@backstitch/messaging';
import type { Relay } from '@backstitch/outbox';
import type { AnySaga } from '../definition/step-list.js';
import { SagaError } from '../errors.js';
import { refuseCdc } from '../refuse-cdc.js';
import type { SagaStore } from './saga-store.js';

export interface SagaEngineOptions<Trx> {
  /** The orchestrator's name: its consumer group, and the prefix of its reply topics `<name>.replies.<participant>`. */
  readonly name: string;
  readonly sagas: readonly AnySaga[];
  readonly store: SagaStore<Trx>;
  readonly transport: Transport;
  /** The relay of the outbox that the store writes to. The engine hands it rows; starting and stopping it is the owner's business. */
  readonly relay: Pick<Relay, 'publish' | 'hint'>;
  /** Default: nothing is logged. */
  readonly logger?: Logger;
  readonly clock?: Clock;
  /** Keys of reply tokens. Default: one that was made once and is kept in the store's schema. */
  readonly tokenKeys?: ReplyTokenKeys;
  /** Ids of new instances, which must be UUIDs. Default: v7, random; a simulation that must repeat itself gives its own. */
  readonly newId?: (nowMs: number) => string;
  /** How often due instances are looked for. Default 500. */
  readonly pollIntervalMs?: number;
  /** How often it is told (a warning) how many live instances wait for a version that this process lacks. Default 300000. */
  readonly versionReportIntervalMs?: number;
  /** Most replies in one transaction. Default 500. */
  readonly batchSize?: number;
  /** Legs that run local steps, side by side; each takes a connection. Default 4. */
  readonly localConcurrency?: number;
  /** `call` steps made side by side. Default 100. */
  readonly callConcurrency?: number;
  /**
   * Live instances that are kept in memory between their steps, so that they are not read for each reply; 0 keeps none. However many there are, and whoever else
   * moves them, what is saved is checked. Default 10000, and 64 MiB.
   */
  readonly rememberedInstances?: number;
  /** How long a message may be published from memory after the transaction that wrote it. Default 5000. */
  readonly bornLeaseMs?: number;
}

export interface EngineSettings {
  readonly pollIntervalMs: number;
  readonly versionReportIntervalMs: number;
  readonly batchSize: number;
  readonly localConcurrency: number;
  readonly callConcurrency: number;
  readonly rememberedInstances: number;
  readonly bornLeaseMs: number;
}

const defaults: EngineSettings = Object.freeze({
  pollIntervalMs: 500,
  versionReportIntervalMs: 300_000,
  batchSize: 500,
  localConcurrency: 4,
  callConcurrency: 100,
  rememberedInstances: 10_000,
  bornLeaseMs: 5_000,
});
const orchestratorName = /^[A-Za-z][A-Za-z0-9_-]{0,99}$/;

/** Fills and checks the settings. Throws `OPTION_INVALID` naming the field and the value found. */
export function checkEngineOptions<Trx>(options: SagaEngineOptions<Trx>): EngineSettings {
  refuseCdc(options);
  if (!orchestratorName.test(options.name)) {
    throw invalid(
      'name',
      options.name,
      'use letters, digits, _ and -, beginning with a letter, at most 100: it stands in topic names',
    );
  }
  const whole = (field: keyof EngineSettings, least = 1): number => {
    const value = options[field] ?? defaults[field];
    if (!Number.isInteger(value) || value < least) throw invalid(field, value, `give a whole number from ${least}`);
    return value;
  };
  return {
    pollIntervalMs: whole('pollIntervalMs'),
    versionReportIntervalMs: whole('versionReportIntervalMs'),
    batchSize: whole('batchSize'),
    localConcurrency: whole('localConcurrency'),
    callConcurrency: whole('callConcurrency'),
    rememberedInstances: whole('rememberedInstances', 0),
    bornLeaseMs: whole('bornLeaseMs'),
  };
}

function invalid(field: string, value: unknown, hint: string): SagaError {
  return new SagaError('OPTION_INVALID', `option '${field}' of the saga engine is ${foundText(value)}`, {
    fields: { field, value },
    hint,
  });
}
