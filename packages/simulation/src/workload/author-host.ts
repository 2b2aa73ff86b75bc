import type { Choices } from '../choices.js';
import type { ProcessLife } from '../process-life.js';
import type { OutsideService } from './outside-service.js';

/** What the author's code of one process lives in: it waits where the scheduler says, and behaves as the run's choices say. */
export interface AuthorHost {
  readonly life: ProcessLife;
  readonly choices: Choices;
  readonly outside: OutsideService;
  /** From now on the author's code does what it should. */
  isCalm(): boolean;
}

/** How the author's code behaves this time. */
export type Behaviour = 'does it' | 'says no' | 'throws' | 'dawdles' | 'accepts';

const moods: readonly (readonly [Behaviour, number])[] = [
  ['says no', 0.07],
  ['throws', 0.09],
  ['dawdles', 0.06],
];

/** How it behaves, of what is possible there. 0 on the tape: as it should. */
export function behaviour({ choices, isCalm }: AuthorHost, possible: readonly Behaviour[]): Behaviour {
  if (isCalm()) return possible.includes('accepts') ? 'accepts' : 'does it';
  const drawn = choices.unit();
  let from = 1;
  for (const [mood, chance] of moods) {
    from -= chance;
    if (drawn >= from) return possible.includes(mood) ? mood : 'does it';
  }
  return possible.includes('accepts') && drawn >= 0.3 ? 'accepts' : 'does it';
}

/** Longer than most patience. */
export async function dawdle({ life, choices }: AuthorHost): Promise<void> {
  await new Promise<void>((resolve) => life.clock.setTimer(1 + choices.below(12_000), resolve));
  await life.gate('has dawdled');
}

/** Nobody's: for definitions that are only looked at. */
export function nobody(): AuthorHost {
  const refuse = (): never => {
    throw new Error('nobody runs this');
  };
  const life = { name: 'nobody', gate: refuse } as unknown as ProcessLife;
  return {
    life,
    choices: { unit: refuse, below: refuse, chance: refuse, one: refuse, tape: refuse },
    outside: { act: refuse, calls: refuse },
    isCalm: refuse,
  };
}
