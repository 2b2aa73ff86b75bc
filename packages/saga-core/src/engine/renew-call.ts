import type { StartCall } from '../machine/effect.js';
import type { AdvanceOptions } from './advance-options.js';
import { applySpoken } from './apply-spoken.js';

/** Renews the lease of a call that is being made. False where it is lost: another attempt has begun, or nobody waits for it any more. */
export async function renewCall<Trx>(
  options: AdvanceOptions<Trx>,
  sagaId: string,
  { step, round, direction, attempt }: StartCall,
): Promise<boolean> {
  const beat = { kind: 'callBeat', step, round, direction, attempt } as const;
  return (await applySpoken(options, sagaId, () => beat)).kind === 'applied';
}
