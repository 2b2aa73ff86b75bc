import { type Logger, pino } from 'pino';

/** To stderr: standard output belongs to whoever reads results there. */
export function createLogger(name: string, level: string): Logger {
  return pino({ name, level }, pino.destination({ dest: 2, sync: true }));
}
