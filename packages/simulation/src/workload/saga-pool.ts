import { type AuthorHost, nobody } from './author-host.js';
import { type SagaSet, sagaSet } from './sagas.js';

/** Sagas of one process of a run. A definition costs more to build than a run has to spend: those of earlier runs are lent again. */
export interface SagaPool {
  /** Each process of a run has a set of its own: its functions live in that process. */
  lend(host: AuthorHost): SagaSet;
}

interface Lent {
  readonly set: SagaSet;
  live(host: AuthorHost): void;
}

const shelf: Lent[] = [];

export function createSagaPool(): SagaPool {
  let lent = 0;
  return {
    lend(host) {
      const found = shelf[lent] ?? madeFor();
      shelf[lent] = found;
      lent += 1;
      found.live(host);
      return found.set;
    },
  };
}

function madeFor(): Lent {
  let now = nobody();
  const host: AuthorHost = {
    get life() {
      return now.life;
    },
    get choices() {
      return now.choices;
    },
    get outside() {
      return now.outside;
    },
    isCalm: () => now.isCalm(),
  };
  return {
    set: sagaSet(host),
    live(next) {
      now = next;
    },
  };
}
