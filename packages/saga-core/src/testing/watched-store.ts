import type { TestActivity } from './test-activity.js';

/** A process of a test: from one moment on it is no more. */
export interface Life {
  readonly activity: TestActivity;
  isOver(): boolean;
}

/** What a process meets that was killed: as when Postgres ends its session (57P01), it is nobody's fault and nothing is recorded. */
export class ProcessGone extends Error {
  readonly code = '57P01';
  constructor() {
    super('this process of the test was ended');
  }
}

type Method = (...given: unknown[]) => unknown;

/**
 * The same store for a process that may be ended: all that is under way is counted, and once the process is over nothing more is asked, and a
 * transaction under way is rolled back.
 */
export function watchedStore<Store extends object>(store: Store, life: Life): Store {
  const watched = Object.entries(store).map(([name, member]: [string, unknown]) => {
    if (typeof member !== 'function') return [name, member] as const;
    return [name, watchedMethod(name, member.bind(store) as Method, life)] as const;
  });
  return Object.fromEntries(watched) as Store;
}

function watchedMethod(name: string, method: Method, life: Life): Method {
  // They answer at once and ask nobody.
  if (name === 'classify' || name === 'within') return method;
  return (...given) =>
    life.activity.track(async () => {
      if (life.isOver()) throw new ProcessGone();
      const [work] = given;
      if (name !== 'transaction' || typeof work !== 'function') return await method(...given);
      return await method(async (...inside: unknown[]) => {
        const value: unknown = await (work as Method)(...inside);
        if (life.isOver()) throw new ProcessGone();
        return value;
      });
    });
}
