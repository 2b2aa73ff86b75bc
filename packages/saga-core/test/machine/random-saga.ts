import fc from 'fast-check';
import type { SagaDefinition } from '../../src/definition/step-definition.js';
import { input, saga, shop } from './sagas.js';

/** What fast-check chooses of a step. */
interface StepPlan {
  readonly kind: 'local' | 'invoke' | 'each' | 'call' | 'child';
  readonly attempts: number | 'forever';
  readonly undoAttempts: number | 'forever';
  readonly undone: boolean;
  readonly goesOn: boolean;
  /** Of a fan-out. */
  readonly items: number;
  readonly when: boolean | null;
}
interface SagaPlan {
  readonly stages: readonly (readonly StepPlan[])[];
  readonly pivot: StepPlan | null;
  readonly after: readonly StepPlan[];
  readonly timeout: '25s' | null;
}

const attempts = fc.constantFrom<(number | 'forever')[]>(1, 2, 3, 'forever');
const stepPlan: fc.Arbitrary<StepPlan> = fc.record({
  kind: fc.constantFrom('invoke', 'invoke', 'local', 'each', 'call', 'child'),
  attempts,
  undoAttempts: attempts,
  undone: fc.boolean(),
  goesOn: fc.boolean(),
  items: fc.nat({ max: 3 }),
  when: fc.constantFrom(null, null, true, false),
});

const sagaPlan: fc.Arbitrary<SagaPlan> = fc.record({
  stages: fc.array(fc.array(stepPlan, { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 3 }),
  pivot: fc.option(stepPlan.map((plan) => ({ ...plan, kind: plan.kind === 'local' ? 'local' : 'invoke' }) as const)),
  after: fc.array(stepPlan, { maxLength: 2 }),
  timeout: fc.constantFrom(null, null, '25s'),
});

/** Few steps, alone and in groups, with a pivot or without. */
export const randomSaga: fc.Arbitrary<SagaDefinition> = sagaPlan.map(definitionOf);

const napping = saga('napping', { version: 1, input }).sleep('nap', '1s').build();

/** Legal names of steps that every object has already: state is keyed by name. */
const inherited = ['', 'constructor', 'toString', 'hasOwnProperty'];

/** The builder without its types: what is built here is only known when it runs. */
interface Chain {
  local(name: string, run: () => unknown, options: object): Chain;
  invoke(name: string, command: object, options: object): Chain;
  invokeEach(name: string, command: object, options: object): Chain;
  call(name: string, run: () => unknown, options: object): Chain;
  child(name: string, saga: SagaDefinition, options: object): Chain;
  parallel(build: (branches: Chain) => Chain): Chain;
  pivot(name: string, action: object, options: object): Chain;
  build(): SagaDefinition;
}

function definitionOf({ stages, pivot, after, timeout }: SagaPlan): SagaDefinition {
  let count = 0;
  const add = (chain: Chain, plan: StepPlan, options: object): Chain => {
    count += 1;
    const name = inherited[count] ?? `s${count}`;
    const when = plan.when === null ? {} : { when: () => plan.when };
    const asked = { ...options, ...when };
    const remote = { ...asked, with: () => ({ name }), timeout: '10s' };
    switch (plan.kind) {
      case 'local':
        return chain.local(name, () => count, asked);
      case 'call':
        return chain.call(name, () => count, { ...asked, timeout: '10s' });
      case 'child':
        return chain.child(name, napping, { ...when, with: () => ({}) });
      case 'each': {
        const over = () => Array.from({ length: plan.items }, (_, index) => index);
        return chain.invokeEach(name, shop.hold, { ...remote, over, concurrency: 2 });
      }
      case 'invoke':
        return chain.invoke(name, shop.hold, remote);
      default:
        return plan.kind satisfies never;
    }
  };
  const before = (chain: Chain, plan: StepPlan): Chain =>
    add(chain, plan, { ...compensationOf(plan), retry: retryOf(plan.attempts) });
  let chain = saga('random', { version: 1, input, ...(timeout === null ? {} : { timeout }) }) as unknown as Chain;
  for (const [first, ...others] of stages) {
    if (first === undefined) continue;
    const group = [first, ...others];
    chain = others.length === 0 ? before(chain, first) : chain.parallel((branches) => group.reduce(before, branches));
  }
  if (pivot === null) return chain.build();
  const action = pivot.kind === 'local' ? () => 1 : shop.commit;
  chain = chain.pivot('pivot', action, { with: () => ({}), timeout: '10s', retry: retryOf(pivot.attempts) });
  return after.reduce((longer, plan) => add(longer, plan, { retry: retryOf(plan.attempts) }), chain).build();
}

function compensationOf({ kind, undone, undoAttempts, goesOn }: StepPlan): object {
  if (!undone) return { compensate: 'nothing to undo' };
  const compensate = kind === 'local' || kind === 'call' ? () => {} : { command: shop.release, with: () => ({}) };
  return { compensate, undoRetry: retryOf(undoAttempts), onCompensationFailed: goesOn ? 'continue' : 'park' };
}

function retryOf(most: number | 'forever'): object {
  return { attempts: most, backoff: '1s', maxBackoff: '4s' };
}
