import { wakeAt } from '../machine/wake-at.js';
import { storedChild } from './born-child.js';
import type { AdvanceOptions } from './advance-options.js';
import type { Leg } from './leg.js';
import type { InstanceChange, NewLetter, StoredInstance } from './saga-store.js';
import type { Ready } from './situation.js';

type Tags = StoredInstance['tags'];

/** A leg that has run and is to be saved. */
export interface Prepared {
  readonly ready: Ready;
  readonly leg: Leg;
}

/** What is to be written of it. */
export function changeOf(
  {
    ready,
    leg,
  }: {
    readonly ready: Pick<Ready, 'delivered' | 'taken'> & { readonly stored: { readonly tags: Tags } };
    readonly leg: Leg;
  },
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
    born: leg.born.map((born) => storedChild(born, ready.stored.tags)),
    letters: lettersOf(leg),
  };
}

/** A child's first letter comes before whatever else it is told. */
export function lettersOf({ born, letters }: Leg): readonly NewLetter[] {
  return [...born.map(({ letter }) => letter), ...letters];
}

/** What others may know, now that it is committed. */
export function announce<Trx>(options: AdvanceOptions<Trx>, leg: Leg): void {
  const { notices, instance } = leg;
  options.startCalls(leg);
  options.wake(lettersOf(leg).map(({ sagaId }) => sagaId));
  for (const notice of notices) {
    options.onSettled(instance);
    if (notice.kind === 'finished') continue;
    const { code, message, step } = notice;
    options.logger.error(
      { sagaId: instance.id, saga: instance.saga, step, code, reason: message },
      'saga parked: a person is needed',
    );
  }
}
