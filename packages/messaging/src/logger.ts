/** What the library writes to: pino fits as it is, and so does anything with these four methods. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const ignore = (): void => undefined;

/** The default: a library says nothing unless it was given somewhere to say it. */
export const silentLogger: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };
