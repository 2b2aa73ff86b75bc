import { wakeAt } from '../machine/wake-at.js';
import type { AdvanceOptions } from './advance-options.js';
import type { Leg } from './leg.js';
import type { InstanceChange } from './saga-store.js';
import type { Ready } from './situation.js';

/** A leg that has run and is to be saved. */
export interface Prepared {
  readonly ready: Ready;
  readonly leg: Leg;
}

/** What is to be written of it. */
export function changeOf(
  { ready, leg }: { readonly ready: Pick<Ready, 'delivered' | 'taken'>; readonly leg: Leg },
  revision: number,
  now: number,
): InstanceChange {
  return {
    instance: leg.instance,
    revision,
    entries: leg.entries,
    messages: [...leg.messages.values()],
    wakeAt: wakeAt(leg.instance.state, now),
    delivered: ready.delivered,
    taken: ready.taken,
  };
}

/** What others may know, now that it is committed. */
export function announce<Trx>(options: AdvanceOptions<Trx>, leg: Leg): void {
  const { notices, instance } = leg;
  options.startCalls(leg);
  for (const notice of notices) {
    options.onSettled(instance.id);
    if (notice.kind === 'finished') continue;
    const { code, message, step } = notice;
    options.logger.error(
      { sagaId: instance.id, saga: instance.saga, step, code, reason: message },
      'saga parked: a person is needed',
    );
  }
}
