import type pg from 'pg';
import { runLoad } from './load.js';
import type { OrderFlowStage } from './order-flow-stage.js';
import { costBetween, readCounters } from './postgres-counters.js';
import { percentile } from './summary.js';

/** One run of the load. Everything "per saga" is the whole server's or this whole process's, divided. */
export interface Round {
  readonly sagas: number;
  /** Until the last saga's output was there. */
  readonly sagasPerSecond: number;
  /** Until the last message had left the outboxes as well: what can be kept up. */
  readonly sustainedPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly commitsPerSaga: number | undefined;
  readonly walBytesPerSaga: number;
  /** Of this process: the load, all services and the clients of Postgres and Kafka. */
  readonly nodeCpuMsPerSaga: number;
  readonly postgresCpuMsPerSaga: number | undefined;
}

export async function runRound(
  stage: OrderFlowStage,
  client: pg.Client,
  { sagas, inFlight }: { readonly sagas: number; readonly inFlight: number },
): Promise<Round> {
  const before = await readCounters(client);
  const cpuBefore = process.cpuUsage();
  const { elapsedMs, latenciesMs } = await runLoad({ total: sagas, inFlight, run: (index) => stage.placeOrder(index) });
  const drainMs = await stage.drain();
  const cpu = process.cpuUsage(cpuBefore);
  const cost = await costBetween(client, before, await readCounters(client));
  return {
    sagas,
    sagasPerSecond: (sagas / elapsedMs) * 1_000,
    sustainedPerSecond: (sagas / (elapsedMs + drainMs)) * 1_000,
    p50Ms: percentile(latenciesMs, 0.5),
    p99Ms: percentile(latenciesMs, 0.99),
    commitsPerSaga: cost.commits === undefined ? undefined : cost.commits / sagas,
    walBytesPerSaga: cost.walBytes / sagas,
    nodeCpuMsPerSaga: (cpu.user + cpu.system) / 1_000 / sagas,
    postgresCpuMsPerSaga: cost.cpuMs === undefined ? undefined : cost.cpuMs / sagas,
  };
}
