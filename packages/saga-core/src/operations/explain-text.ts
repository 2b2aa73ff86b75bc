import type { Course, EndlessWait } from './course.js';
import { durationText } from './duration-text.js';
import type { Explanation } from './explain.js';
import type { Scenario } from './scenario.js';

/** An explanation for people, as lines of text. */
export function explainText({ saga, version, scenario, prompt, latest, worstMs }: Explanation): string {
  return [
    `${saga} version ${version}, ${scenarioWords(scenario)}`,
    '',
    'answered at once:',
    ...courseLines(prompt),
    '',
    `at the latest: ${worstMs === 'unbounded' ? 'unbounded' : durationText(worstMs)}`,
    ...courseLines(latest),
  ].join('\n');
}

function scenarioWords({ fail = {}, failUndo = {}, skip = [] }: Scenario): string {
  const words = [
    ...Object.entries(fail).map(([step, mishap]) => `${step}: ${mishap}`),
    ...Object.entries(failUndo).map(([step, mishap]) => `undo of ${step}: ${mishap}`),
    ...skip.map((step) => `${step}: skipped`),
  ];
  return words.length === 0 ? 'nothing goes wrong' : words.join(', ');
}

function courseLines(course: Course): string[] {
  const { end, actions, undone, kept, endless } = course;
  const places = actions.map(({ firstAtMs, direction, step, what, attempts }) => {
    const times = attempts === 1 ? '' : `, ${attempts} times`;
    return [`+${durationText(firstAtMs)}`, direction, step, `${what}${times}`] as const;
  });
  const widths = [0, 1, 2].map((column) => Math.max(0, ...places.map((place) => place[column]?.length ?? 0)));
  return [
    ...places.map((place) => `  ${place.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`),
    `  ${endWords(course)}${endless.length === 0 ? '' : end === 'retried for ever' ? ':' : ', besides:'}`,
    ...endless.map((wait) => `    ${endlessWords(wait)}`),
    ...(undone.length === 0 ? [] : [`  undone: ${undone.join(', ')}`]),
    ...(kept.length === 0 ? [] : [`  stays, nothing to undo: ${kept.join(', ')}`]),
  ];
}

function endWords({ end, ms, failure, parked }: Course): string {
  const code = parked?.code ?? failure?.code;
  const why = code === undefined ? '' : ` (${code})`;
  // How far it was played has no meaning there.
  return end === 'retried for ever' ? `no end${why}` : `${end}${why} after ${durationText(ms)}`;
}

function endlessWords({ step, direction, because, until }: EndlessWait): string {
  const what = direction === 'undo' ? `the undo of ${step}` : step;
  const end =
    until.kind === 'operator'
      ? "until an operator's verb"
      : `parked when its participant may have forgotten it, after ${durationText(until.ms)}`;
  return `${what} ${because === 'retried for ever' ? `is ${because}` : because}, ${end}`;
}
