/** What the consumer writes to; pino fits as it is. */
export interface InboxLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const ignore = (): void => undefined;

/** The default: a library says nothing unless it was given somewhere to say it. */
export const silentInboxLogger: InboxLogger = { info: ignore, warn: ignore, error: ignore };
