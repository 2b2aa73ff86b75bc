import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Debezium, StartDebeziumOptions } from './debezium.js';
import { debeziumJars } from './debezium-jars.js';
import { freePort } from './free-port.js';
import { javaOptions, probeJava } from './java-machine.js';
import { type ServerProcess, startProcess } from './server-process.js';
import { waitUntil } from './wait-until.js';
import { guard } from './watchdog.js';

/** Why there is no Debezium here, or undefined where there is one. Fetches its jars, once. */
export async function whyNoDebezium(): Promise<string | undefined> {
  const probe = await probeJava(debeziumJars);
  if (probe.kind === 'closed') return probe.reason;
  try {
    await debeziumJars.folder();
    return undefined;
  } catch (error) {
    return `its jars cannot be fetched: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}`;
  }
}

/** The real Debezium: Kafka Connect standalone with the connector, in a JVM of our own. Resolves when the connector's task runs. */
export async function startDebezium({ brokers, connector }: StartDebeziumOptions): Promise<Debezium> {
  const classPath = join(await debeziumJars.folder(), '*');
  const folder = await mkdtemp(join(tmpdir(), 'backstitch-debezium-'));
  const guarded = guard({ kind: 'folder', path: folder });
  const rest = `http://127.0.0.1:${await freePort()}`;
  await writeFile(join(folder, 'worker.properties'), workerProperties({ brokers, rest, folder }));
  await writeFile(join(folder, 'connector.json'), JSON.stringify(connector));

  const launch = async (): Promise<ServerProcess> => {
    const worker = await startProcess({
      name: 'Debezium',
      file: 'java',
      args: [
        ...javaOptions,
        ...['-Dorg.slf4j.simpleLogger.defaultLogLevel=warn', '-cp', classPath],
        ...['org.apache.kafka.connect.cli.ConnectStandalone', 'worker.properties', 'connector.json'],
      ],
      cwd: folder,
      endSignal: 'SIGKILL',
    });
    try {
      await waitUntil(() => requireRunning(`${rest}/connectors/${connector.name}/status`), {
        name: 'Debezium',
        within: 120_000,
        process: worker,
      });
      return worker;
    } catch (error) {
      await worker.end('SIGKILL');
      throw error;
    }
  };
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    guarded.release();
  };

  let running: ServerProcess | undefined;
  const crash = async (): Promise<void> => {
    await running?.end('SIGKILL');
    running = undefined;
  };
  try {
    running = await launch();
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    crash,
    lastWords: () => running?.lastWords() ?? '',
    restart: async () => {
      running ??= await launch();
    },
    stop: async () => {
      await crash();
      await remove();
    },
  };
}

async function requireRunning(address: string): Promise<void> {
  const response = await fetch(address, { signal: AbortSignal.timeout(5_000) });
  const status = (await response.json()) as { tasks?: readonly { state: string; trace?: string }[] };
  const task = status.tasks?.[0];
  if (task?.state !== 'RUNNING') throw new Error(`the connector's task is ${task?.state}: ${task?.trace}`);
}

function workerProperties(options: { brokers: readonly string[]; rest: string; folder: string }): string {
  const settings = {
    'bootstrap.servers': options.brokers.join(','),
    'key.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'value.converter': 'org.apache.kafka.connect.storage.StringConverter',
    'offset.storage.file.filename': join(options.folder, 'offsets'),
    'offset.flush.interval.ms': '1000',
    listeners: options.rest,
    // The connector lies on the class path; a scan of all jars would take seconds.
    'plugin.discovery': 'service_load',
  };
  return Object.entries(settings)
    .map(([key, value]) => `${key}=${value}\n`)
    .join('');
}
