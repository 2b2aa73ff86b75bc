import { createDriverTransport } from '@backstitch/kafka-driver';
import type { Transport } from '@backstitch/messaging';
import { type Cluster, createCluster } from './cluster.js';
import { PlatformaticMember } from './platformatic-member.js';
import { createProducerSession } from './producer-session.js';
import { createTopicAdmin } from './topic-admin.js';
import { type PlatformaticTransportOptions, resolveOptions } from './transport-options.js';

/**
 * A `Transport` over the connections and the protocol layer of @platformatic/kafka. Nothing connects before it is used.
 *
 * Throws `KAFKA_OPTION_INVALID` for an option out of bounds. What is promised, and what may repeat, stands at `Transport`.
 */
export function platformaticTransport(options: PlatformaticTransportOptions): Transport {
  const settings = resolveOptions(options);
  const { client, sendTimeoutMs } = settings;
  const newCluster = (): Cluster => createCluster(client, sendTimeoutMs);
  return createDriverTransport(
    {
      admin: createTopicAdmin({ newCluster, timeoutMs: sendTimeoutMs }),
      producer: createProducerSession({ newCluster, sendTimeoutMs }),
      newMember: (member) => new PlatformaticMember({ ...member, newCluster }),
    },
    settings,
  );
}
