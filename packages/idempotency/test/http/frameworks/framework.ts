import type { Database } from '@backstitch/postgres';
import type { Idempotency } from '../../../src/index.js';
import type { Answers, RunningServer } from './answers.js';
import { startExpress } from './express-server.js';
import { startFastify } from './fastify-server.js';
import { startHono } from './hono-server.js';
import { startNestOnExpress, startNestOnFastify } from './nest-server.js';

export interface FrameworkOptions<Trx> {
  readonly database: Database<Trx>;
  readonly idempotency: Idempotency<Trx>;
  readonly answers: Answers;
  readonly handlerTimeoutMs: number;
  /** For a header that middleware sets on every answer, and a cookie beside it. */
  requestId(): string;
  /** What `GET /looks` answers: how often it was asked. */
  look(): number;
}

export interface Framework {
  readonly name: string;
  start<Trx>(options: FrameworkOptions<Trx>): Promise<RunningServer>;
}

export const frameworks: readonly Framework[] = [
  { name: 'Express', start: startExpress },
  { name: 'Fastify', start: startFastify },
  { name: 'Hono', start: startHono },
  { name: 'NestJS on Express', start: startNestOnExpress },
  { name: 'NestJS on Fastify', start: startNestOnFastify },
];
