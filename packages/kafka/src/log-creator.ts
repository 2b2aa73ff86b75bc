import type { Logger } from '@backstitch/messaging';
import type { LogEntry, logCreator } from 'kafkajs';

/** Fields of kafkajs' entries that may hold what was sent or read. */
const withheld = new Set(['data', 'message', 'payload', 'timestamp']);

/**
 * A `logCreator` for `new Kafka({ logCreator: kafkaLogCreator(logger) })`: kafkajs then writes to the same logger as Backstitch and not
 * to standard output. Response bodies are left out.
 */
export function kafkaLogCreator(logger: Logger): logCreator {
  return () => (entry: LogEntry) => {
    const fields: Record<string, unknown> = { kafkajs: entry.namespace };
    for (const [name, value] of Object.entries(entry.log)) {
      if (!withheld.has(name)) fields[name] = value;
    }
    write(logger, entry.level)(fields, entry.log.message);
  };
}

function write(logger: Logger, level: number): Logger['info'] {
  // kafkajs' numbers: 1 error, 2 warn, 4 info, 5 debug.
  if (level <= 1) return (fields, message) => logger.error(fields, message);
  if (level <= 2) return (fields, message) => logger.warn(fields, message);
  if (level <= 4) return (fields, message) => logger.info(fields, message);
  return (fields, message) => logger.debug(fields, message);
}
