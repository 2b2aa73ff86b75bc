import type { SagaDefinition } from '../definition/step-definition.js';
import type { Course } from './course.js';
import { rehearse } from './rehearse.js';
import { checkScenario, type Scenario } from './scenario.js';
import { standInFor } from './stand-in.js';

/** What a scenario comes to. */
export interface Explanation {
  readonly saga: string;
  readonly version: number;
  readonly scenario: Scenario;
  /** Everything that the scenario does not name is answered at once. */
  readonly prompt: Course;
  /** The longest: attempts are lost, the last one is answered at its deadline. */
  readonly latest: Course;
  /** The latest course in milliseconds, or `unbounded` where something in it waits for ever: `latest.endless` says what, and what bounds it. */
  readonly worstMs: number | 'unbounded';
}

/**
 * What will be sent and undone in a scenario, and how long it may take: the sum of timeouts and backoffs, at their longest. Nothing is
 * estimated: the real `transition` plays it in virtual time, with stand-ins for the author's functions, so that it needs no data. Time that
 * the definition does not bound is not in it: transactions, the broker while it is down, an instance that is paused.
 *
 * @throws SagaError OPTION_INVALID where the scenario names a step that is not there or cannot fail so, RESULT_TIMEOUT where a policy tries
 * for ever without a backoff. Where the saga's own timeout ends the latest course, one that just escapes it may be longer.
 */
export function explain(definition: SagaDefinition, scenario: Scenario = {}): Explanation {
  checkScenario(definition, scenario);
  const standIn = standInFor(definition, scenario.skip ?? []);
  const question = { definition: standIn, scenario, early: new Set<string>() };
  const prompt = rehearse({ ...question, pacing: 'prompt' });
  const latest = earlyBranches(definition, scenario)
    .map((early) => rehearse({ ...question, pacing: 'latest', early: new Set(early) }))
    .reduce((longest, course) => (isLonger(course, longest) ? course : longest));
  return {
    saga: definition.name,
    version: definition.version,
    scenario,
    prompt,
    latest,
    worstMs: latest.endless.length > 0 ? 'unbounded' : latest.ms,
  };
}

const maxEnumerated = 8;

/**
 * Branches beside one that fails are undone after it where they were done before it failed, and together with it where they were still under
 * way: which of the two is longer depends on all of them. So each choice is played; of very wide groups only the two extremes.
 */
function earlyBranches({ stages }: SagaDefinition, { fail = {} }: Scenario): readonly (readonly string[])[] {
  const beside = stages
    .filter((stage) => stage.some(({ name }) => Object.hasOwn(fail, name)))
    .flatMap((stage) => stage.filter(({ name }) => !Object.hasOwn(fail, name)).map(({ name }) => name));
  if (beside.length > maxEnumerated) return [[], beside];
  let choices: readonly (readonly string[])[] = [[]];
  for (const name of beside) choices = choices.flatMap((choice) => [choice, [...choice, name]]);
  return choices;
}

function isLonger(course: Course, than: Course): boolean {
  if (course.endless.length !== than.endless.length) return course.endless.length > than.endless.length;
  return course.ms > than.ms;
}
