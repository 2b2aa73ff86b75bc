import type { SagaDefinition, Stage, StepDefinition } from '../definition/step-definition.js';
import { type DrawnInstance, progressOf, type StepMark } from './progress.js';
import { isUndone, stepWords, undoWords } from './step-words.js';

const styles: Readonly<Record<StepMark | 'pivot' | 'undo', string>> = {
  pivot: 'stroke:#2e8b57,stroke-width:4px',
  undo: 'stroke:#c4572f,stroke-dasharray:5 3',
  done: 'fill:#d7f0dd,stroke:#2e8b57,color:#1b1f24',
  current: 'fill:#d8e6ff,stroke:#3b6fd4,stroke-width:3px,color:#1b1f24',
  remaining: 'fill:#ffffff,stroke:#8c959f,color:#1b1f24',
  undoing: 'fill:#ffe2cf,stroke:#c4572f,stroke-width:3px,color:#1b1f24',
  undone: 'fill:#ffe2cf,stroke:#c4572f,color:#1b1f24',
  kept: 'fill:#ffd6d6,stroke:#b3261e,color:#1b1f24',
  declined: 'fill:#ffd7d9,stroke:#c0392b,color:#1b1f24',
  skipped: 'fill:#f0f0f0,stroke:#8c959f,stroke-dasharray:3 3,color:#57606a',
  parked: 'fill:#ffec99,stroke:#b8860b,stroke-width:3px,color:#1b1f24',
  unreached: 'fill:#f6f8fa,stroke:#d0d7de,color:#8c959f',
};

/**
 * A saga as a Mermaid flowchart: solid arrows forwards, dashed ones the way back, the pivot with a thick green line, branches in a box.
 * With an instance every step has the class of its mark (`done`, `current`, `remaining`, …). Nodes are numbered, because a step may be
 * called `end`, which Mermaid reserves.
 */
export function toMermaid(definition: SagaDefinition, instance?: DrawnInstance): string {
  const marks = instance === undefined ? undefined : progressOf(definition, instance).marks;
  const ids = new Map([...definition.steps.keys()].map((name, index) => [name, index] as const));
  const node = (prefix: 's' | 'u', { name }: StepDefinition): string => `${prefix}${ids.get(name) ?? 0}`;
  const forward = (step: StepDefinition): string => node('s', step);
  const undo = (step: StepDefinition): string => node('u', step);
  const backwards = definition.stages.map((stage) => stage.filter(isUndone)).filter((stage) => stage.length > 0);
  const undone = backwards.flat();
  return [
    'flowchart TD',
    `  start(["${escaped(`${definition.name} version ${definition.version}`)}"])`,
    ...definition.stages.flatMap((stage, index) => stageLines(stage, index, forward)),
    ...edges([['start'], ...definition.stages.map((stage) => stage.map(forward)), ['finish']], '-->'),
    '  finish(["completed"])',
    ...undone.map((step) => `  ${undo(step)}["${escaped(`undo ${step.name}`)}<br/>${escaped(undoWords(step) ?? '')}"]`),
    ...undone.map((step) => `  ${forward(step)} -.-> ${undo(step)}`),
    ...(undone.length === 0
      ? []
      : [
          ...edges([...backwards.map((stage) => stage.map(undo)).reverse(), ['back']], '-.->'),
          '  back(["compensated"])',
        ]),
    ...classLines(definition, marks, { forward, undone: undone.map(undo) }),
  ].join('\n');
}

function stageLines(stage: Stage, index: number, id: (step: StepDefinition) => string): string[] {
  const nodes = stage.map((step) => `${id(step)}${shaped(step)}`);
  if (stage.length === 1) return nodes.map((node) => `  ${node}`);
  return [`  subgraph g${index}["side by side"]`, ...nodes.map((node) => `    ${node}`), '  end'];
}

/** Each kind has a shape of its own: a diagram is also read in black and white. */
function shaped(step: StepDefinition): string {
  const pivot = step.phase === 'pivot' ? '<br/>point of no return' : '';
  const text = `"${escaped(step.name)}<br/>${escaped(stepWords(step))}${pivot}"`;
  switch (step.kind) {
    case 'invoke':
      return `[${text}]`;
    case 'local':
      return `(${text})`;
    case 'each':
      return `[\\${text}\\]`;
    case 'child':
      return `[[${text}]]`;
    case 'call':
      return `[/${text}/]`;
    case 'sleep':
      return `([${text}])`;
    case 'wait':
      return `{{${text}}}`;
    default:
      return step satisfies never;
  }
}

/** From each node of a group to each of the next. */
function edges(groups: readonly (readonly string[])[], arrow: string): string[] {
  return groups.slice(1).map((to, index) => `  ${(groups[index] ?? []).join(' & ')} ${arrow} ${to.join(' & ')}`);
}

function classLines(
  definition: SagaDefinition,
  marks: ReadonlyMap<string, StepMark> | undefined,
  { forward, undone }: { readonly forward: (step: StepDefinition) => string; readonly undone: readonly string[] },
): string[] {
  const classes = new Map<keyof typeof styles, string[]>();
  const put = (name: keyof typeof styles, id: string): void => {
    classes.set(name, [...(classes.get(name) ?? []), id]);
  };
  for (const id of undone) put('undo', id);
  for (const step of definition.steps.values()) {
    const mark = marks?.get(step.name);
    if (mark !== undefined) put(mark, forward(step));
    if (step.phase === 'pivot') put('pivot', forward(step));
  }
  return [...classes].flatMap(([name, members]) => [
    `  classDef ${name} ${styles[name]}`,
    `  class ${members.join(',')} ${name}`,
  ]);
}

/** Mermaid's own entities, so that no text can end its label or begin a directive. */
function escaped(text: string): string {
  return text.replace(/[^A-Za-z0-9 _.,:-]/gu, (character) => `#${character.codePointAt(0) ?? 63};`);
}
