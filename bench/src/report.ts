import type { Environment } from './environment.js';
import type { BenchOptions, TransportName } from './parse-arguments.js';
import type { RawKafka } from './raw-kafka.js';
import type { RawPostgres } from './raw-postgres.js';
import type { Round } from './round.js';
import { type Spread, spread } from './summary.js';

/** What was measured in turn with one another, so that ratios are of the same minute. */
export interface MeasuredRound {
  readonly rawPostgres: readonly RawPostgres[];
  readonly rawKafka: RawKafka | undefined;
  readonly cells: readonly { readonly transport: TransportName; readonly inFlight: number; readonly round: Round }[];
}

export interface CellReport {
  readonly transport: TransportName;
  readonly inFlight: number;
  readonly sagasARound: number;
  readonly sagasPerSecond: Spread;
  readonly sustainedPerSecond: Spread;
  readonly p50Ms: Spread;
  readonly p99Ms: Spread;
  readonly commitsPerSaga: Spread | undefined;
  readonly walBytesPerSaga: Spread;
  readonly nodeCpuMsPerSaga: Spread;
  readonly postgresCpuMsPerSaga: Spread | undefined;
  /** How many bare one-row commits fit into the time of one saga: with one in flight on 1 connection, otherwise on 16. */
  readonly rawCommitsPerSaga: Spread;
  /** The median saga over the sum of the commits and hops that it cannot do without. Only with one in flight. */
  readonly timesFloor: Spread | undefined;
  /** Reads included; as the server's statistics have it. */
  readonly transactionsPerSaga: number | undefined;
}

export interface BenchReport {
  readonly date: string;
  readonly note: string | undefined;
  readonly options: Omit<BenchOptions, 'output' | 'note'>;
  readonly environment: Environment;
  readonly rawPostgres: readonly {
    readonly connections: number;
    readonly commitsPerSecond: Spread;
    readonly p50Ms: Spread;
  }[];
  readonly rawKafka: { readonly recordsPerSecond: Spread; readonly hopP50Ms: Spread } | undefined;
  readonly cells: readonly CellReport[];
  /** Everything that the medians are of. */
  readonly rounds: readonly MeasuredRound[];
}

/** One after the other in every saga: start, two commands handled, two replies applied. */
export const leastCommits = 5;
/** Two commands and two replies. */
export const leastHops = 4;

export interface ReportParts {
  readonly date: string;
  readonly options: BenchOptions;
  readonly environment: Environment;
  readonly rounds: readonly MeasuredRound[];
  readonly transactions: ReadonlyMap<TransportName, { readonly inFlight: number; readonly perSaga: number }>;
}

export function benchReport({ date, options, environment, rounds, transactions }: ReportParts): BenchReport {
  const { note, output: _, ...kept } = options;
  const raws = rounds.flatMap((round) => round.rawPostgres);
  const kafkas = rounds.flatMap(({ rawKafka }) => rawKafka ?? []);
  const cells = kept.transports.flatMap((transport) => kept.inFlight.map((inFlight) => ({ transport, inFlight })));
  return {
    date,
    note,
    options: kept,
    environment,
    rawPostgres: [...new Set(raws.map(({ connections }) => connections))].map((connections) => {
      const these = raws.filter((raw) => raw.connections === connections);
      return {
        connections,
        commitsPerSecond: spread(these.map((raw) => raw.commitsPerSecond)),
        p50Ms: spread(these.map((raw) => raw.p50Ms)),
      };
    }),
    rawKafka:
      kafkas.length === 0
        ? undefined
        : {
            recordsPerSecond: spread(kafkas.map((raw) => raw.recordsPerSecond)),
            hopP50Ms: spread(kafkas.map((raw) => raw.hopP50Ms)),
          },
    cells: cells.map((cell) => {
      const counted = transactions.get(cell.transport);
      return cellReport(cell, rounds, counted?.inFlight === cell.inFlight ? counted.perSaga : undefined);
    }),
    rounds,
  };
}

function cellReport(
  { transport, inFlight }: { readonly transport: TransportName; readonly inFlight: number },
  rounds: readonly MeasuredRound[],
  transactionsPerSaga: number | undefined,
): CellReport {
  const measured = rounds.flatMap((whole) => {
    const cell = whole.cells.find((each) => each.transport === transport && each.inFlight === inFlight);
    return cell === undefined ? [] : [{ ...whole, own: cell.round }];
  });
  const own = (of: (round: Round) => number): Spread => spread(measured.map((each) => of(each.own)));
  const connections = inFlight === 1 ? 1 : 16;
  const raw = (whole: MeasuredRound): RawPostgres | undefined =>
    whole.rawPostgres.find((each) => each.connections === connections);
  return {
    transport,
    inFlight,
    sagasARound: measured[0]?.own.sagas ?? 0,
    sagasPerSecond: own((round) => round.sagasPerSecond),
    sustainedPerSecond: own((round) => round.sustainedPerSecond),
    p50Ms: own((round) => round.p50Ms),
    p99Ms: own((round) => round.p99Ms),
    commitsPerSaga: spreadOfKnown(measured.map((each) => each.own.commitsPerSaga)),
    walBytesPerSaga: own((round) => round.walBytesPerSaga),
    nodeCpuMsPerSaga: own((round) => round.nodeCpuMsPerSaga),
    postgresCpuMsPerSaga: spreadOfKnown(measured.map((each) => each.own.postgresCpuMsPerSaga)),
    rawCommitsPerSaga: spread(
      measured.map((each) => (raw(each)?.commitsPerSecond ?? Number.NaN) / each.own.sagasPerSecond),
    ),
    timesFloor: inFlight === 1 ? spread(measured.map((each) => each.own.p50Ms / floorMs(each, transport))) : undefined,
    transactionsPerSaga,
  };
}

/** What a saga could not be quicker than, had it nothing to do but its commits and hops. */
function floorMs({ rawPostgres, rawKafka }: MeasuredRound, transport: TransportName): number {
  const commitMs = rawPostgres.find(({ connections }) => connections === 1)?.p50Ms ?? Number.NaN;
  const hopMs = transport === 'kafka' ? (rawKafka?.hopP50Ms ?? Number.NaN) : 0;
  return leastCommits * commitMs + leastHops * hopMs;
}

function spreadOfKnown(values: readonly (number | undefined)[]): Spread | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : spread(known);
}
