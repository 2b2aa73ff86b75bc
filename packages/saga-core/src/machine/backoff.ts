import { fnv1a64 } from '../definition/definition-hash.js';
import type { ResolvedRetry } from '../definition/retry-policy.js';

/**
 * How long to wait after attempt `attempt` (from 1), in whole milliseconds. Full jitter is a hash of command and attempt, not a random
 * number: the machine stays a function, and every process computes the same wait.
 */
export function backoffMs(retry: ResolvedRetry, commandId: string, attempt: number): number {
  const base = Math.min(retry.maxBackoffMs, retry.backoffMs * retry.factor ** Math.min(attempt - 1, 64));
  if (retry.jitter === 'none') return Math.round(base);
  // The attempt comes first: FNV hardly mixes its last characters, and one share for all attempts would let some instances never wait.
  const share = Number.parseInt(fnv1a64(`${attempt}#${commandId}`).slice(0, 8), 16) / 0x1_0000_0000;
  return Math.round(base * share);
}
