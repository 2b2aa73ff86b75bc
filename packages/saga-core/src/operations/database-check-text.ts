import { changeClasses } from './definition-change.js';
import type { DatabaseCheck, DefinitionCheck } from './check-database.js';

/** The check as a pipeline's log shows it, a few lines a version. */
export function databaseCheckText({ definitions, live, exitCode }: DatabaseCheck): string {
  const verdict =
    exitCode === 0
      ? `${live} live instances, and all of them go on.`
      : `${live} live instances, and this release would leave some of them where they are.`;
  return [...definitions.flatMap(linesOf), verdict, ''].join('\n');
}

function linesOf(check: DefinitionCheck): readonly string[] {
  const { saga, version, hash, live, comparedWith, classes, findings } = check;
  const head = `${saga} version ${version} (${hash}): ${live} live, ${fateWords[check.fate]}`;
  if (comparedWith === undefined) {
    return [
      head,
      '  what they would go on with is not known: the release has no version of it, or the lock not theirs',
    ];
  }
  if (comparedWith.hash === hash) return [head];
  const counts = changeClasses.filter((each) => classes[each] > 0).map((each) => `${each} ${classes[each]}`);
  return [
    head,
    `  carried over to version ${comparedWith.version}: ${counts.join(', ')}`,
    ...findings.map(({ change, count }) => `  - ${change.class}, ${count}: ${change.words}`),
  ];
}

const fateWords = {
  registered: 'registered: they go on',
  changed: 'CHANGED under the same version: open() refuses',
  missing: 'MISSING in this release: nobody would move them',
} as const;
