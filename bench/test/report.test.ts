import { expect, it } from 'vitest';
import type { Environment } from '../src/environment.js';
import { renderReport } from '../src/render-report.js';
import { benchReport, type MeasuredRound } from '../src/report.js';
import type { Round } from '../src/round.js';

const environment: Environment = {
  commit: 'abc1234',
  cpu: 'test',
  cores: 2,
  memoryGiB: 24,
  platform: 'linux x64',
  node: '20.20.2',
  versions: { kafka: 'embedded' },
  postgresSettings: { fsync: 'on' },
  loadBefore: 0,
};

function round(sagasPerSecond: number, p50Ms: number): Round {
  const costs = { commitsPerSaga: 4, walBytesPerSaga: 20_000, nodeCpuMsPerSaga: 1, postgresCpuMsPerSaga: undefined };
  return { sagas: 100, sagasPerSecond, sustainedPerSecond: sagasPerSecond / 2, p50Ms, p99Ms: p50Ms * 3, ...costs };
}

function measured(raw: number, alone: Round, crowd: Round): MeasuredRound {
  return {
    rawPostgres: [
      { connections: 1, commitsPerSecond: raw, p50Ms: 1 },
      { connections: 16, commitsPerSecond: raw * 10, p50Ms: 2 },
    ],
    rawKafka: { recordsPerSecond: 100_000, hopP50Ms: 5 },
    cells: [
      { transport: 'kafka', inFlight: 1, round: alone },
      { transport: 'kafka', inFlight: 200, round: crowd },
    ],
  };
}

const report = benchReport({
  date: '2026-11-22T18:00:00.000Z',
  options: {
    mode: 'quick',
    transports: ['kafka'],
    inFlight: [1, 200],
    sagas: 100,
    rounds: 3,
    output: 'text',
    note: 'a busy machine',
  },
  environment,
  // In each round the machine is half as fast as in the one before: only ratios within a round are of any use.
  rounds: [
    measured(1_000, round(40, 50), round(200, 900)),
    measured(500, round(20, 75), round(100, 1_800)),
    measured(250, round(10, 100), round(50, 3_600)),
  ],
  transactions: new Map([['kafka', { inFlight: 200, perSaga: 9.5 }]]),
});

it('takes medians and ranges over the rounds', () => {
  const [alone, crowd] = report.cells;
  expect(alone?.sagasPerSecond).toEqual({ median: 20, least: 10, most: 40 });
  expect(crowd?.p50Ms).toEqual({ median: 1_800, least: 900, most: 3_600 });
  expect(crowd?.postgresCpuMsPerSaga).toBeUndefined();
});

it('compares a round with the baseline of the same round', () => {
  const [alone, crowd] = report.cells;
  expect(alone?.rawCommitsPerSaga).toEqual({ median: 25, least: 25, most: 25 });
  expect(crowd?.rawCommitsPerSaga).toEqual({ median: 50, least: 50, most: 50 });
  // Five commits of 1 ms and four hops of 5 ms.
  expect(alone?.timesFloor).toEqual({ median: 3, least: 2, most: 4 });
  expect(crowd?.timesFloor).toBeUndefined();
});

it('tells transactions only where they were counted', () => {
  expect(report.cells.map(({ transactionsPerSaga }) => transactionsPerSaga)).toEqual([undefined, 9.5]);
});

it('shows what figures cannot be read without, and every cell', () => {
  const text = renderReport(report);
  expect(text).toContain('commit abc1234, quick: median (least to most) of 3 rounds');
  expect(text).toContain('Note: a busy machine');
  expect(text).toContain('| kafka | 1 | 20.0 (10.0–40.0) |');
  expect(text).toContain('| kafka | 200 | 100 (50.0–200) |');
});
