import { createLogger } from '../service/create-logger.js';
import { createBoard } from './board.js';
import { createCleanUp } from './clean-up.js';
import { checkAtRest, countOrders, type DemoResult, renderResult } from './demo-result.js';
import { NoBroker } from './find-kafka.js';
import { kafkaStage } from './kafka-stage.js';
import { memoryStage } from './memory-stage.js';
import { openDatabases } from './open-databases.js';
import { type DemoOptions, helpText, parseArguments } from './parse-arguments.js';
import { play } from './play.js';
import { createScreen } from './screen.js';

/** Exit statuses that a shell knows for signals. */
const signals = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

async function main(): Promise<number> {
  const call = parseArguments(process.argv.slice(2));
  switch (call.kind) {
    case 'help':
      process.stdout.write(helpText);
      return 0;
    case 'refused':
      process.stderr.write(`demo: ${call.message}\n`);
      return 2;
    case 'run':
      return run(call.options);
    default:
      return call satisfies never;
  }
}

async function run(options: DemoOptions): Promise<number> {
  const startedAt = performance.now();
  const interrupted = new AbortController();
  let status = 0;
  for (const [name, code] of Object.entries(signals)) {
    process.on(name, () => {
      // A second time: whoever asks twice means it. The watchdog of the servers clears up what is left.
      if (interrupted.signal.aborted) process.exit(code);
      status = code;
      process.stderr.write('\ndemo: stopping\n');
      interrupted.abort();
    });
  }
  const cleanUp = createCleanUp();
  const { signal } = interrupted;
  try {
    const outcome = await perform(options, { cleanUp, signal, startedAt });
    return status === 0 ? outcome : status;
  } catch (error) {
    if (status !== 0) return status;
    process.stderr.write(`demo: ${error instanceof Error ? error.message : String(error)}\n`);
    return error instanceof NoBroker ? 2 : 1;
  } finally {
    for (const failure of await cleanUp.run()) process.stderr.write(`demo: could not clear up: ${String(failure)}\n`);
  }
}

interface Frame {
  readonly cleanUp: ReturnType<typeof createCleanUp>;
  readonly signal: AbortSignal;
  readonly startedAt: number;
}

async function perform(options: DemoOptions, { cleanUp, signal, startedAt }: Frame): Promise<number> {
  const { transport, driver, output, logs } = options;
  const level = logs === 'verbose' ? 'debug' : 'silent';
  const quiet = output === 'json' && logs === 'silent';
  const screen = createScreen({ output: output === 'json' ? process.stderr : process.stdout, startedAt });
  const stageOptions = { cleanUp, signal, quiet, level, driver, logger: createLogger('demo', level) };
  const stage =
    transport === 'kafka'
      ? await kafkaStage(stageOptions)
      : await memoryStage({ ...stageOptions, ...(await openDatabases(cleanUp, { quiet })) });
  signal.throwIfAborted();
  const board = createBoard({ orders: stage.databases.orders, signal, onChange: screen.show });
  await play({ stage, board, screen });
  screen.finish();
  const { invariants, drift } = await checkAtRest(stage, signal);
  const durationMs = Math.round(performance.now() - startedAt);
  const result: DemoResult = { ...countOrders(board.rows()), invariants, transport, durationMs };
  for (const line of renderResult(result, drift)) screen.say(line);
  if (output === 'json') process.stdout.write(`${JSON.stringify(result)}\n`);
  return Object.values(invariants).every((holds) => holds) ? 0 : 1;
}

process.exitCode = await main();
