import type { AdvanceOptions } from './advance-options.js';
import { blame } from './blame.js';
import { type LocalRun, runSolo } from './solo-leg.js';
import type { Ready } from './situation.js';

/**
 * Runs a solo leg until its outcome is recorded. Where it cannot be committed although every step of it ended well (a deferred constraint, a
 * transaction that the author's code ended), one of its local steps is to blame: from the last to the first, the leg is run again with that
 * step answered as failed and not called, until it can be committed. So it is an attempt like any other, and what set the leg off is kept.
 */
export async function settleSolo<Trx>(options: AdvanceOptions<Trx>, ready: Ready): Promise<'done' | 'contended'> {
  const ran: LocalRun[] = [];
  const first = await attempt(options, () => runSolo(options, ready, { ran }));
  if (first.kind !== 'failed') return first.kind;
  for (const suspect of [...ran].reverse()) {
    const again = await attempt(options, () =>
      runSolo(options, ready, { ran: [], culprit: { ...suspect, error: first.error } }),
    );
    if (again.kind !== 'failed') return again.kind;
  }
  await blame(options, ready, first.error);
  return 'done';
}

type Attempt = { readonly kind: 'done' | 'contended' } | { readonly kind: 'failed'; readonly error: unknown };

async function attempt<Trx>(
  { store }: AdvanceOptions<Trx>,
  run: () => Promise<'done' | 'contended'>,
): Promise<Attempt> {
  try {
    return { kind: await run() };
  } catch (error) {
    const failure = store.classify(error);
    if (failure === 'infrastructure') throw error;
    return failure === 'conflict' ? { kind: 'contended' } : { kind: 'failed', error };
  }
}
