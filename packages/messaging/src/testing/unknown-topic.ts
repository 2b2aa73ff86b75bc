import { MessagingError } from '../errors.js';

/** TOPIC_UNKNOWN, for whoever names a topic that nobody created. */
export function unknownTopic(topic: string): MessagingError {
  return new MessagingError('TOPIC_UNKNOWN', `there is no topic "${topic}"`, {
    fields: { topic },
    hint: 'Create it with ensureTopics() first: no topic is created by use.',
  });
}
