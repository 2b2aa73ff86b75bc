import { GenericContainer, type StartedTestContainer, Wait, getContainerRuntimeClient } from 'testcontainers';
import { engineAddress } from './docker-engine.js';
import { DevkitError } from './devkit-error.js';
import { freePort } from './free-port.js';
import { guard } from './watchdog.js';

export interface ContainerSpec {
  readonly image: string;
  /** The port inside; outside it is a free one, chosen beforehand so that it survives a restart. */
  readonly port: number;
  readonly command?: readonly string[];
  readonly environment: (hostPort: number) => Record<string, string>;
}

export interface Container {
  readonly host: string;
  readonly port: number;
  kill(): Promise<void>;
  start(): Promise<void>;
  pause(): Promise<void>;
  unpause(): Promise<void>;
  remove(): Promise<void>;
}

// An image that is not there has to be pulled first, over whatever line there is.
const startTimeout = 180_000;

export async function startContainer(spec: ContainerSpec): Promise<Container> {
  const hostPort = await freePort();
  const container = new GenericContainer(spec.image)
    .withExposedPorts({ container: spec.port, host: hostPort })
    .withEnvironment(spec.environment(hostPort))
    .withWaitStrategy(Wait.forListeningPorts())
    .withStartupTimeout(startTimeout);
  if (spec.command !== undefined) container.withCommand([...spec.command]);
  const started = await container.start().catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    throw new DevkitError('DEVKIT_SERVER_DIED', `${spec.image}: ${message}`, { cause: error });
  });
  return controlsOf(started, hostPort);
}

async function controlsOf(started: StartedTestContainer, port: number): Promise<Container> {
  const engine = engineAddress(process.env);
  // Testcontainers' own reaper may be turned off, or not be to be had where no image can be pulled.
  const guarded = engine === undefined ? undefined : guard({ kind: 'container', id: started.getId(), engine });
  const client = await getContainerRuntimeClient();
  const raw = client.container.getById(started.getId());
  return {
    host: started.getHost(),
    port,
    kill: async () => void (await raw.kill()),
    start: async () => void (await raw.start()),
    pause: async () => void (await raw.pause()),
    unpause: async () => void (await raw.unpause()),
    remove: async () => {
      await raw.unpause().catch(() => undefined);
      await raw.remove({ force: true, v: true });
      guarded?.release();
    },
  };
}
