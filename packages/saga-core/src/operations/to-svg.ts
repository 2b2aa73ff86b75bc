import type { SagaDefinition, StepDefinition } from '../definition/step-definition.js';
import { type DrawnInstance, progressOf, type StepMark } from './progress.js';
import { isUndone, stepWords, undoWords } from './step-words.js';
import { type Box, type Layout, layOut } from './svg-layout.js';

/**
 * A saga as a picture that stands alone: steps from top to bottom, branches side by side, the way back as a dashed rail up to where undoing
 * ends. Colours are CSS classes, light or dark by the reader's preference, and nothing
 * has an id, so that several pictures fit in one page.
 */
export function toSvg(definition: SagaDefinition, instance?: DrawnInstance): string {
  const progress = instance === undefined ? undefined : progressOf(definition, instance);
  const title = `${definition.name} version ${definition.version}${progress === undefined ? '' : `: ${progress.words}`}`;
  const layout = layOut(definition.stages, (step) => linesOf(step, progress?.marks.get(step.name)), title);
  const { width, height } = layout;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="${scope}" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="ui-sans-serif,system-ui,Segoe UI,Helvetica,Arial,sans-serif">`,
    `<style>${styleSheet}</style>`,
    `<rect class="bg" width="${width}" height="${height}" rx="8"/>`,
    `<text class="h" x="20" y="30">${escaped(title)}</text>`,
    ...arrows(layout),
    ...rail(layout),
    ...layout.boxes.map((box) => drawn(box, progress?.marks.get(box.step.name))),
    '</svg>',
  ].join('\n');
}

interface Line {
  readonly text: string;
  readonly style: 't' | 's' | 'u' | 'p' | 'm';
}

function linesOf(step: StepDefinition, mark: StepMark | undefined): readonly Line[] {
  const undo = undoWords(step);
  const words = undo === 'nothing to undo' ? undo : `undo: ${undo ?? ''}`;
  return [
    { text: step.name, style: 't' },
    { text: stepWords(step), style: 's' },
    ...(undo === undefined ? [] : [{ text: words, style: undo === 'nothing to undo' ? 's' : 'u' } as const]),
    ...(step.phase === 'pivot' ? [{ text: 'point of no return', style: 'p' } as const] : []),
    ...(mark === undefined ? [] : [{ text: mark, style: 'm' } as const]),
  ];
}

function drawn({ step, x, y, width, height, lines }: Box<Line>, mark: StepMark | undefined): string {
  const classes = ['b', step.phase === 'pivot' ? 'pivot' : '', mark === undefined ? '' : mark]
    .filter(Boolean)
    .join(' ');
  const middle = x + width / 2;
  const text = lines.map(
    (line, index) =>
      `<text class="${line.style}" x="${middle}" y="${y + 24 + index * 18}" text-anchor="middle">${escaped(line.text)}</text>`,
  );
  // Corners tell the kinds apart without colour: what runs elsewhere is square, what only waits is round.
  const corner = step.kind === 'sleep' || step.kind === 'wait' ? height / 2 : step.kind === 'local' ? 12 : 3;
  return `<g><rect class="${classes}" x="${x}" y="${y}" width="${width}" height="${height}" rx="${corner}"/>${text.join('')}</g>`;
}

/** Down the middle, and where one of the rows is a fork along a line between the two. */
function arrows({ rows, middle }: Layout<Line>): string[] {
  return rows.slice(1).flatMap((row, index) => {
    const above = rows[index] ?? [];
    const bottom = Math.max(...above.map((box) => box.y + box.height));
    const top = Math.min(...row.map((box) => box.y));
    const bus = (bottom + top) / 2;
    if (above.length === 1 && row.length === 1) return [arrow(middle, bottom, top)];
    const centres = [...above, ...row].map(centreOf);
    return [
      ...above.map((box) => `<path class="f" d="M${centreOf(box)} ${box.y + box.height}V${bus}"/>`),
      `<path class="f" d="M${Math.min(...centres)} ${bus}H${Math.max(...centres)}"/>`,
      ...row.map((box) => arrow(centreOf(box), bus, box.y)),
    ];
  });
}

function centreOf({ x, width }: Box<Line>): number {
  return x + width / 2;
}

function arrow(x: number, from: number, to: number): string {
  return `<path class="f" d="M${x} ${from}V${to - 6}"/><path class="fh" d="M${x - 4} ${to - 7}h8l-4 7z"/>`;
}

/** From where a failure may still turn the saga back, up to its beginning. */
function rail({ rows, railX }: Layout<Line>): string[] {
  const undone = rows.flatMap((row, index) => (row.some(({ step }) => isUndone(step)) ? [index] : []));
  const first = undone[0];
  if (first === undefined) return [];
  const pivot = rows.findIndex((row) => row.some(({ step }) => step.phase === 'pivot'));
  const last = rows[pivot === -1 ? rows.length - 1 : pivot] ?? [];
  const from = Math.max(...last.map((box) => box.y + box.height / 2));
  const to = Math.min(...(rows[first] ?? []).map((box) => box.y)) + 8;
  const right = Math.max(...last.map((box) => box.x + box.width));
  return [
    `<path class="r" d="M${right} ${from}H${railX}V${to}"/>`,
    `<path class="rh" d="M${railX - 4} ${to}h8l-4 -8z"/>`,
    `<text class="l" transform="translate(${railX + 14} ${(from + to) / 2}) rotate(-90)" text-anchor="middle">undo</text>`,
  ];
}

function escaped(text: string): string {
  const entities: Readonly<Record<string, string>> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  // XML has no way of writing most control characters, not even as entities.
  return text.replace(/\p{Cc}/gu, ' ').replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** Every rule is below this class: in a page, a picture's styles would otherwise reach its neighbours. */
const scope = 'backstitch-saga';

const light: readonly (readonly [classes: string, rules: string])[] = [
  ['bg', 'fill:#fff'],
  ['h', 'fill:#1b1f24;font-size:16px;font-weight:700'],
  ['b', 'fill:#fff;stroke:#3b6fd4;stroke-width:1.6'],
  ['t', 'fill:#1b1f24;font-size:15px;font-weight:600'],
  ['s', 'fill:#57606a;font-size:12px'],
  ['m', 'fill:#57606a;font-size:12px;font-style:italic;font-weight:600'],
  ['u', 'fill:#b0451d;font-size:12px'],
  ['l', 'fill:#b0451d;font-size:12px'],
  ['p', 'fill:#1f7a45;font-size:12px;font-weight:600'],
  ['f', 'stroke:#3b6fd4;stroke-width:1.8;fill:none'],
  ['fh', 'fill:#3b6fd4'],
  ['r', 'stroke:#c4572f;stroke-width:1.8;fill:none;stroke-dasharray:5 3'],
  ['rh', 'fill:#c4572f'],
  ['done', 'fill:#d7f0dd'],
  ['current', 'fill:#d8e6ff;stroke-width:3'],
  ['remaining', 'stroke:#8c959f'],
  ['undoing', 'fill:#ffe2cf;stroke:#c4572f;stroke-width:3'],
  ['undone', 'fill:#ffe2cf;stroke:#c4572f'],
  ['kept', 'fill:#ffd6d6;stroke:#b3261e'],
  ['declined', 'fill:#ffd7d9;stroke:#c0392b'],
  ['skipped', 'fill:#f0f0f0;stroke:#8c959f;stroke-dasharray:3 3'],
  ['parked', 'fill:#ffec99;stroke:#b8860b;stroke-width:3'],
  ['unreached', 'fill:#f6f8fa;stroke:#d0d7de'],
  // After the marks: the pivot is the pivot wherever the instance stands.
  ['pivot', 'stroke:#2e8b57;stroke-width:3.5'],
];
const dark: typeof light = [
  ['bg', 'fill:#0d1117'],
  ['h', 'fill:#e6edf3'],
  ['t', 'fill:#e6edf3'],
  ['b', 'fill:#161b22'],
  ['s', 'fill:#9da7b1'],
  ['m', 'fill:#9da7b1'],
  ['u', 'fill:#f0a184'],
  ['l', 'fill:#f0a184'],
  ['p', 'fill:#6fd08f'],
  ['done', 'fill:#12261a'],
  ['current', 'fill:#14233f'],
  ['undoing', 'fill:#3a2015'],
  ['undone', 'fill:#3a2015'],
  ['kept', 'fill:#45171b'],
  ['declined', 'fill:#3d1519'],
  ['skipped', 'fill:#1b1f24'],
  ['parked', 'fill:#3d3208'],
  ['unreached', 'fill:#0d1117;stroke:#30363d'],
];
const styleSheet = `${rulesOf(light)}@media (prefers-color-scheme:dark){${rulesOf(dark)}}`;

function rulesOf(rules: typeof light): string {
  return rules.map(([name, body]) => `.${scope} .${name}{${body}}`).join('');
}
