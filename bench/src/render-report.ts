import { type BenchReport, type CellReport, leastCommits, leastHops } from './report.js';
import type { Spread } from './summary.js';

/** The report as a person reads it: medians with their ranges, in Markdown. */
export function renderReport(report: BenchReport): string {
  const { environment, rawPostgres, rawKafka, options } = report;
  const { cpu, cores, memoryGiB, platform, node, versions, postgresSettings, commit, loadBefore } = environment;
  const clients = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    `${report.date}, commit ${commit}, ${options.mode}: median (least to most) of ${options.rounds} rounds`,
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, ${platform}, Node ${node}, ${clients.join(', ')}, load before ${loadBefore}`,
    `Postgres: ${Object.entries(postgresSettings)
      .map(([name, value]) => `${name} ${value}`)
      .join(', ')}`,
    ...(report.note === undefined ? [] : [`Note: ${report.note}`]),
    '',
    row(['raw, in the same rounds', 'a second', 'p50 ms']),
    row(['---', '---', '---']),
    ...rawPostgres.map(({ connections, commitsPerSecond, p50Ms }) =>
      row([`one-row commits, ${connections} connections`, show(commitsPerSecond), show(p50Ms)]),
    ),
    ...(rawKafka === undefined
      ? []
      : [
          row(['kafkajs produce, 500 × 300 B', show(rawKafka.recordsPerSecond), '']),
          row(['kafkajs send to handler, one record', '', show(rawKafka.hopP50Ms)]),
        ]),
    '',
    row(columns.map(([title]) => title)),
    row(columns.map(() => '---')),
    ...report.cells.map((cell) => row(columns.map(([, value]) => value(cell)))),
    '',
    `raw commits: one-row commits that fit into the time of one saga (1 connection at 1 in flight, otherwise 16).`,
    `floor: ${leastCommits} commits after one another, and over Kafka ${leastHops} hops; each saga makes more, but not in a row.`,
    '',
  ].join('\n');
}

const columns: readonly (readonly [string, (cell: CellReport) => string])[] = [
  ['transport', ({ transport }) => transport],
  ['in flight', ({ inFlight }) => String(inFlight)],
  ['sagas/s', ({ sagasPerSecond }) => show(sagasPerSecond)],
  ['with drain', ({ sustainedPerSecond }) => show(sustainedPerSecond)],
  ['p50 ms', ({ p50Ms }) => show(p50Ms)],
  ['p99 ms', ({ p99Ms }) => show(p99Ms)],
  ['commits/saga', ({ commitsPerSaga }) => show(commitsPerSaga)],
  [
    'transactions/saga',
    ({ transactionsPerSaga }) => (transactionsPerSaga === undefined ? '' : figure(transactionsPerSaga)),
  ],
  ['WAL KB/saga', ({ walBytesPerSaga }) => show(scaled(walBytesPerSaga, 1 / 1_000))],
  ['CPU ms/saga Node', ({ nodeCpuMsPerSaga }) => show(nodeCpuMsPerSaga)],
  ['Postgres', ({ postgresCpuMsPerSaga }) => show(postgresCpuMsPerSaga)],
  ['raw commits', ({ rawCommitsPerSaga }) => show(rawCommitsPerSaga)],
  ['× floor', ({ timesFloor }) => show(timesFloor)],
];

function scaled({ median, least, most }: Spread, by: number): Spread {
  return { median: median * by, least: least * by, most: most * by };
}

function show(value: Spread | undefined): string {
  if (value === undefined) return '';
  return `${figure(value.median)} (${figure(value.least)}–${figure(value.most)})`;
}

/** Three digits that mean something: more would pretend. */
function figure(value: number): string {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
