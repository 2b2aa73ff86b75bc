export type TransportName = 'memory' | 'kafka';

export interface BenchOptions {
  readonly mode: 'quick' | 'full';
  readonly transports: readonly TransportName[];
  /** Sagas that are under way at once, one measurement each. */
  readonly inFlight: readonly number[];
  /** Sagas of one round at 16 or more in flight; a round with fewer in flight takes a tenth of them. */
  readonly sagas: number;
  readonly rounds: number;
  readonly output: 'text' | 'json';
  /** Stands in the results: what else the machine was doing. */
  readonly note: string | undefined;
}

export type BenchCall =
  | { readonly kind: 'run'; readonly options: BenchOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly message: string };

export const helpText = `Usage: npm run bench -- [options]

Places orders through the example's services and says how many sagas a second come to their end, what each costs, and how that compares
with bare inserts into the same Postgres and bare kafkajs on the same broker, measured in turn with it.

  --quick               3 rounds of 1,000 sagas; without it 5 rounds of 4,000
  --transport <name>    memory, kafka or both (default)
  --in-flight <list>    sagas under way at once, default 1,200
  --sagas <n>           sagas of one round; with fewer than 16 in flight a tenth of them
  --rounds <n>
  --note <text>         kept with the results: what else this machine is doing
  --json                the result as JSON on standard output as well
  --help                this text

The result is also written to bench/results. Exit status: 0 measured, 1 something failed or an invariant is broken, 2 a wrong call.
`;

const valued = ['--transport', '--in-flight', '--sagas', '--rounds', '--note'] as const;
const flags = ['--quick', '--json', '--help', '-h'] as const;

export function parseArguments(given: readonly string[]): BenchCall {
  // npm and pnpm differ in whether they pass the separator on.
  const words = given.filter((word) => word !== '--');
  const values = new Map<string, string>();
  const set = new Set<string>();
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (isOneOf(flags, word)) set.add(word);
    else if (isOneOf(valued, word)) {
      at += 1;
      const value = words[at];
      if (value === undefined) return refused(`${word} needs a value`);
      values.set(word, value);
    } else return refused(`unknown option ${word}; --help lists the known ones`);
  }
  if (set.has('--help') || set.has('-h')) return { kind: 'help' };
  const quick = set.has('--quick');
  const transports = transportsOf(values.get('--transport') ?? 'both');
  const inFlight = (values.get('--in-flight') ?? '1,200').split(',').map(Number);
  const sagas = Number(values.get('--sagas') ?? (quick ? 1_000 : 4_000));
  const rounds = Number(values.get('--rounds') ?? (quick ? 3 : 5));
  if (transports === undefined) return refused('--transport is memory, kafka or both');
  if (![...inFlight, sagas, rounds].every(isWholeFrom1)) {
    return refused('--in-flight, --sagas and --rounds are whole numbers from 1');
  }
  const output = set.has('--json') ? 'json' : 'text';
  const mode = quick ? 'quick' : 'full';
  return { kind: 'run', options: { mode, transports, inFlight, sagas, rounds, output, note: values.get('--note') } };
}

/** A lone saga at a time is measured for its latency: fewer of them say enough. */
export function sagasOfRound({ sagas }: Pick<BenchOptions, 'sagas'>, inFlight: number): number {
  return inFlight >= 16 ? sagas : Math.max(20, Math.round(sagas / 10));
}

function transportsOf(word: string): readonly TransportName[] | undefined {
  if (word === 'both') return ['memory', 'kafka'];
  return word === 'memory' || word === 'kafka' ? [word] : undefined;
}

function isOneOf(words: readonly string[], word: string): boolean {
  return words.includes(word);
}

function isWholeFrom1(value: number): boolean {
  return Number.isInteger(value) && value >= 1;
}

function refused(message: string): BenchCall {
  return { kind: 'refused', message };
}
