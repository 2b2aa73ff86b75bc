import { DevkitError } from './devkit-error.js';
import type { KafkaServer } from './kafka-server.js';
import { startKafka } from './start-kafka.js';

/** A broker whose process is ours: it can be killed, started again, frozen and thawed. */
export type CrashableKafka = Required<KafkaServer>;

/** A broker of a test's own, to be killed: the run's is shared with every other test. Undefined where Kafka is given by the environment. */
export async function startCrashableKafka(): Promise<CrashableKafka | undefined> {
  const server = await startKafka({ crashFriendly: true, quiet: true });
  if (server.kind === 'none') {
    throw new DevkitError('DEVKIT_NO_KAFKA', 'describeWithKafka lets nobody in without a Kafka.');
  }
  const { crash, restart, suspend, resume } = server;
  if (crash === undefined || restart === undefined || suspend === undefined || resume === undefined) {
    await server.stop();
    return undefined;
  }
  return { ...server, crash, restart, suspend, resume };
}
