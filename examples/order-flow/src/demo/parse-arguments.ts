import { isKafkaDriver, type KafkaDriver, kafkaDrivers } from '../service/kafka-driver.js';

export interface DemoOptions {
  readonly transport: 'memory' | 'kafka';
  /** Of Kafka; in memory nobody asks. */
  readonly driver: KafkaDriver;
  readonly output: 'text' | 'json';
  readonly logs: 'silent' | 'verbose';
}

export type DemoCall =
  | { readonly kind: 'run'; readonly options: DemoOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'refused'; readonly message: string };

export const helpText = `Usage: npm run demo -- [options]

Twenty orders go through five services. Some are out of stock, some are declined, one service is silent for a while and one
crashes; at the end it is checked that nothing was lost and nothing happened twice.

  --kafka     a real broker (KAFKA_BROKERS, a Docker engine, or Java 17 with Maven) and a process for each service, one of
              which is killed; without it everything runs in this process over a broker in memory
  --driver    with --kafka: kafkajs (the default) or platformatic
  --json      the result as one line of JSON on standard output; the rest goes to standard error
  --verbose   what the services log, on standard error
  --help      this text

Postgres is embedded and needs nothing; DATABASE_URL names another server. The products service lives on MySQL or MariaDB where
MYSQL_URL names one or one is installed here, otherwise on Postgres. Exit status: 0 where every invariant holds,
1 where one does not, 2 for a wrong call or where there is no Kafka to be had.
`;

const flags: readonly string[] = ['--kafka', '--driver', '--json', '--verbose', '--help', '-h'];

export function parseArguments(given: readonly string[]): DemoCall {
  // npm and pnpm differ in whether they pass the separator on.
  const words = given.filter((word) => word !== '--');
  const place = words.indexOf('--driver');
  const [driver] = place < 0 ? ['kafkajs'] : words.splice(place + 1, 1);
  const unknown = words.filter((word) => !flags.includes(word));
  if (unknown.length > 0)
    return { kind: 'refused', message: `unknown option ${unknown.join(', ')}; --help lists the known ones` };
  if (words.includes('--help') || words.includes('-h')) return { kind: 'help' };
  if (driver === undefined || !isKafkaDriver(driver))
    return { kind: 'refused', message: `--driver takes one of ${kafkaDrivers.join(', ')}` };
  if (place >= 0 && !words.includes('--kafka'))
    return { kind: 'refused', message: '--driver is for --kafka: in memory there is none' };
  const options: DemoOptions = {
    transport: words.includes('--kafka') ? 'kafka' : 'memory',
    driver,
    output: words.includes('--json') ? 'json' : 'text',
    logs: words.includes('--verbose') ? 'verbose' : 'silent',
  };
  return { kind: 'run', options };
}
