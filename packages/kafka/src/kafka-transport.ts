import { createDriverTransport } from '@backstitch/kafka-driver';
import type { Transport } from '@backstitch/messaging';
import { createAdminSession } from './admin-session.js';
import { KafkajsMember } from './kafkajs-member.js';
import { mendHeaderDecoding } from './mend-header-decoding.js';
import { createProducerSession } from './producer-session.js';
import { createTopicAdmin } from './topic-admin.js';
import { type KafkaTransportOptions, resolveOptions } from './transport-options.js';

/**
 * A `Transport` over the user's own kafkajs instance. Nothing connects before it is used.
 *
 * Throws `KAFKA_OPTION_INVALID` for an option out of bounds and `KAFKA_CLIENT_UNSUPPORTED` where the instance's header decoder could not
 * be replaced by a linear one. What is promised, and what may repeat, stands at `Transport`.
 */
export function kafkaTransport(options: KafkaTransportOptions): Transport {
  const settings = resolveOptions(options);
  const { kafka, logger, sendTimeoutMs } = settings;
  mendHeaderDecoding(kafka);
  return createDriverTransport(
    {
      admin: createTopicAdmin(createAdminSession({ kafka, logger, timeoutMs: sendTimeoutMs })),
      producer: createProducerSession({ kafka, logger, sendTimeoutMs }),
      newMember: (member) => new KafkajsMember({ ...member, kafka }),
    },
    settings,
  );
}
