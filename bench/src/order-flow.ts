import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { measure } from './measure.js';
import { type BenchOptions, helpText, parseArguments } from './parse-arguments.js';
import { renderReport } from './render-report.js';
import { startServers } from './servers.js';

const say = (line: string): void => void process.stderr.write(`bench: ${line}\n`);

async function run(options: BenchOptions): Promise<void> {
  const servers = await startServers({ withKafka: options.transports.includes('kafka') });
  try {
    const report = await measure(options, servers, say);
    const folder = new URL('../results/', import.meta.url);
    await mkdir(folder, { recursive: true });
    const name = `order-flow-${report.date.slice(0, 16).replaceAll(':', '')}-${options.mode}.json`;
    await writeFile(new URL(name, folder), `${JSON.stringify(report, null, 2)}\n`);
    if (options.output === 'json') process.stdout.write(`${JSON.stringify(report)}\n`);
    else process.stdout.write(`${renderReport(report)}\n`);
    say(`written to ${fileURLToPath(new URL(name, folder))}`);
  } finally {
    await servers.stop();
  }
}

const call = parseArguments(process.argv.slice(2));
switch (call.kind) {
  case 'help':
    process.stdout.write(helpText);
    break;
  case 'refused':
    say(call.message);
    process.exitCode = 2;
    break;
  case 'run':
    try {
      await run(call.options);
    } catch (error) {
      say(error instanceof Error ? (error.stack ?? error.message) : String(error));
      process.exitCode = 1;
    }
    break;
  default:
    call satisfies never;
}
