import type { Logger } from '@backstitch/messaging';
import type { SilenceableTransport } from '../transport/silenceable-transport.js';
import { connectKafka } from './connect-kafka.js';
import { createLogger } from './create-logger.js';
import { optional, port, required } from './environment.js';
import type { FromService, ToService } from './process-message.js';
import type { Service } from './service.js';

/** What every service reads from its environment. */
export interface ServiceBasics {
  readonly databaseUrl: string;
  readonly port: number;
  readonly logger: Logger;
}

/** A service that is only asked over HTTP, as a process of its own. */
export async function runHttpService(name: string, create: (basics: ServiceBasics) => Service): Promise<void> {
  await run(name, (basics) => ({ service: create(basics), transport: undefined }));
}

/** A service that talks over the broker, as a process of its own. */
export async function runMessagingService(
  name: string,
  create: (basics: ServiceBasics & { readonly transport: SilenceableTransport }) => Service,
): Promise<void> {
  await run(name, (basics) => {
    const transport = connectKafka({ name, logger: basics.logger });
    return { service: create({ ...basics, transport }), transport };
  });
}

interface Assembled {
  readonly service: Service;
  readonly transport: SilenceableTransport | undefined;
}

async function run(name: string, assemble: (basics: ServiceBasics) => Assembled): Promise<void> {
  try {
    const logger = createLogger(name, optional('LOG_LEVEL') ?? 'info');
    const assembled = assemble({ databaseUrl: required('DATABASE_URL'), port: port(), logger });
    obey(assembled, logger);
    const { url } = await assembled.service.start();
    logger.info({ url }, 'started');
    tell({ kind: 'ready', url });
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${name}: ${message}\n`);
    tell({ kind: 'failed', message });
    // Pools and sockets of what did start would keep the process alive.
    process.exit(1);
  }
}

function obey({ service, transport }: Assembled, logger: Logger): void {
  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    try {
      transport?.speak();
      await service.stop();
      await transport?.close();
      process.exit(0);
    } catch (error) {
      logger.error({ err: error }, 'could not stop in good order');
      process.exit(1);
    }
  };
  process.on('SIGTERM', stop);
  // A terminal sends Ctrl-C to every process of its group: under a parent it is the parent that says when to stop.
  process.on('SIGINT', () => (process.channel === undefined ? stop() : undefined));
  // The parent is gone: nobody is left who would stop this process.
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: ToService) => {
    switch (message.kind) {
      case 'silence':
        return transport?.silence();
      case 'speak':
        return transport?.speak();
      case 'stop':
        return void stop();
      default:
        return message satisfies never;
    }
  });
}

function tell(message: FromService): void {
  process.send?.(message);
}
