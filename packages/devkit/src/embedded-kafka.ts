import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Probe } from './choose-ways.js';
import { freePort } from './free-port.js';
import { javaOptions, probeJava } from './java-machine.js';
import { kafkaJars } from './kafka-jars.js';
import type { KafkaServer } from './kafka-server.js';
import { kafkaSettings } from './kafka-settings.js';
import { runCommand } from './run-command.js';
import { type ServerProcess, startProcess } from './server-process.js';
import { waitForKafka } from './wait-for-kafka.js';
import { guard } from './watchdog.js';
import { untilStopped } from './until-stopped.js';

export function probeEmbeddedKafka(): Promise<Probe> {
  return probeJava(kafkaJars);
}

interface Broker {
  readonly classPath: string;
  readonly folder: string;
  readonly address: string;
}

/** One KRaft node, broker and controller, in a JVM of our own. */
export async function startEmbeddedKafka(crashFriendly: boolean): Promise<KafkaServer> {
  const classPath = join(await kafkaJars.folder(), '*');
  const folder = await mkdtemp(join(tmpdir(), 'backstitch-kafka-'));
  const guarded = guard({ kind: 'folder', path: folder });
  const remove = async (): Promise<void> => {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 });
    guarded.release();
  };
  try {
    const port = await freePort();
    const settings = kafkaSettings({
      port,
      listen: '127.0.0.1',
      controllerPort: await freePort(),
      dataFolder: join(folder, 'data'),
      crashFriendly,
    });
    const lines = Object.entries(settings).map(([key, value]) => `${key}=${value}\n`);
    await writeFile(join(folder, 'server.properties'), lines.join(''));
    const format = ['format', '--cluster-id', 'YmFja3N0aXRjaC1kZXZraQ', '--config', 'server.properties'];
    await runCommand('java', [...javaOptions, '-cp', classPath, 'kafka.tools.StorageTool', ...format], { cwd: folder });
    const broker: Broker = { classPath, folder, address: `127.0.0.1:${port}` };
    return serverOf(broker, await launch(broker), remove);
  } catch (error) {
    await remove();
    throw error;
  }
}

function serverOf(broker: Broker, first: ServerProcess, remove: () => Promise<void>): KafkaServer {
  let running: ServerProcess | undefined = first;
  return {
    kind: 'embedded',
    brokers: [broker.address],
    // Nobody needs the data afterwards, and a controlled shutdown takes seconds.
    stop: async () => {
      await running?.end('SIGKILL');
      running = undefined;
      await remove();
    },
    suspend: async () => {
      running?.signal('SIGSTOP');
      if (running !== undefined) await untilStopped(running.pid);
    },
    resume: async () => running?.signal('SIGCONT'),
    crash: async () => {
      await running?.end('SIGKILL');
      running = undefined;
    },
    restart: async () => {
      running ??= await launch(broker);
    },
  };
}

async function launch(broker: Broker): Promise<ServerProcess> {
  const server = await startProcess({
    name: 'Kafka',
    file: 'java',
    args: [...javaOptions, '-cp', broker.classPath, 'kafka.Kafka', 'server.properties'],
    cwd: broker.folder,
    endSignal: 'SIGKILL',
  });
  try {
    await waitForKafka([broker.address], { name: 'Kafka', within: 90_000, process: server });
    return server;
  } catch (error) {
    await server.end('SIGKILL');
    throw error;
  }
}
