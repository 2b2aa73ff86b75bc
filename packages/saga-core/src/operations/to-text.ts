import type { SagaDefinition, StepDefinition } from '../definition/step-definition.js';
import { type DrawnInstance, progressOf, type StepMark } from './progress.js';
import { stepWords, undoWords } from './step-words.js';

const signs: Readonly<Record<StepMark, string>> = {
  done: '✓',
  current: '▶',
  remaining: '·',
  undoing: '◀',
  undone: '↩',
  kept: '✗',
  declined: '✗',
  skipped: '~',
  parked: '!',
  unreached: ' ',
};

/**
 * A saga as lines for a terminal, one a step; with an instance each step has its sign and its mark in words. Branches of a parallel group
 * are held together by `┌│└`.
 */
export function toText(definition: SagaDefinition, instance?: DrawnInstance): string {
  const progress = instance === undefined ? undefined : progressOf(definition, instance);
  const title = `${definition.name} version ${definition.version}`;
  const rows = definition.stages.flatMap((stage) =>
    stage.map((step, branch) => {
      const mark = progress?.marks.get(step.name);
      const sign = mark === undefined ? [] : [signs[mark]];
      return [...sign, bracket(branch, stage.length), step.name, stepWords(step), wayBack(step), mark ?? ''];
    }),
  );
  return [progress === undefined ? title : `${title}: ${progress.words}`, ...aligned(rows)].join('\n');
}

function wayBack(step: StepDefinition): string {
  if (step.phase === 'pivot') return 'PIVOT: no way back after it';
  const undo = undoWords(step);
  if (undo === undefined) return '';
  return undo === 'nothing to undo' ? undo : `undo: ${undo}`;
}

function bracket(branch: number, branches: number): string {
  if (branches === 1) return ' ';
  if (branch === 0) return '┌';
  return branch === branches - 1 ? '└' : '│';
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const columns = rows[0]?.length ?? 0;
  const widths = Array.from({ length: columns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}
