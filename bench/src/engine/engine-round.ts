import type pg from 'pg';
import { runLoad } from '../load.js';
import { costBetween, readCounters } from '../postgres-counters.js';
import { percentile } from '../summary.js';
import type { EngineStage, RunOptions } from './engine-stage.js';
import type { WorkloadName } from './workloads.js';

/** One run of one workload. Everything "per saga" is divided by the sagas; rows are those that were written, updated or deleted. */
export interface EngineRound {
  readonly workload: WorkloadName;
  readonly inFlight: number;
  readonly sagas: number;
  readonly sagasPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly statementsPerSaga: number;
  readonly commitsPerSaga: number | undefined;
  readonly walBytesPerSaga: number;
  readonly messagesPerSaga: number;
  readonly nodeCpuMsPerSaga: number;
  readonly postgresCpuMsPerSaga: number | undefined;
}

export interface EngineRoundOptions extends RunOptions {
  readonly workload: WorkloadName;
  readonly inFlight: number;
  readonly sagas: number;
}

export async function runEngineRound(
  stage: EngineStage,
  client: pg.Client,
  { workload, inFlight, sagas, ...run }: EngineRoundOptions,
): Promise<EngineRound> {
  // The first change of a page after a checkpoint is logged whole: one that began by itself in a round would be counted as a saga's cost.
  await client.query('checkpoint');
  const before = await readCounters(client);
  stage.counted.reset();
  const messages = stage.messages();
  const cpuBefore = process.cpuUsage();
  const { elapsedMs, latenciesMs } = await runLoad({ total: sagas, inFlight, run: () => stage.run(workload, run) });
  const statements = stage.counted.statements();
  await stage.drain();
  const cpu = process.cpuUsage(cpuBefore);
  const cost = await costBetween(client, before, await readCounters(client));
  return {
    ...{ workload, inFlight, sagas },
    sagasPerSecond: (sagas / elapsedMs) * 1_000,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    statementsPerSaga: statements / sagas,
    commitsPerSaga: cost.commits === undefined ? undefined : cost.commits / sagas,
    walBytesPerSaga: cost.walBytes / sagas,
    messagesPerSaga: (stage.messages() - messages) / sagas,
    nodeCpuMsPerSaga: (cpu.user + cpu.system) / 1_000 / sagas,
    postgresCpuMsPerSaga: cost.cpuMs === undefined ? undefined : cost.cpuMs / sagas,
  };
}
