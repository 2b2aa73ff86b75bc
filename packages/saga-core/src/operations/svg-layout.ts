import type { Stage, StepDefinition } from '../definition/step-definition.js';

/** A step's place, in pixels from the top left. */
export interface Box<L> {
  readonly step: StepDefinition;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly lines: readonly L[];
}

export interface Layout<L> {
  readonly width: number;
  readonly height: number;
  readonly middle: number;
  /** Where the way back runs. */
  readonly railX: number;
  readonly rows: readonly (readonly Box<L>[])[];
  readonly boxes: readonly Box<L>[];
}

const margin = 20;
const gapX = 24;
const gapY = 44;
const titleHeight = 52;
const railRoom = 56;
/** Of the boldest line; a picture has no way of measuring its reader's font, so it is a little generous. */
const characterWidth = 8.6;
const leastWidth = 170;

/** Rows of equally wide boxes, each row centred: one level of forks needs no more. */
export function layOut<L extends { readonly text: string }>(
  stages: readonly Stage[],
  linesOf: (step: StepDefinition) => readonly L[],
  title: string,
): Layout<L> {
  const filled = stages.map((stage) => stage.map((step) => ({ step, lines: linesOf(step) })));
  const longest = Math.max(...filled.flat().flatMap(({ lines }) => lines.map(({ text }) => text.length)));
  const boxWidth = Math.max(leastWidth, Math.ceil(longest * characterWidth) + 28);
  const branches = Math.max(...filled.map((row) => row.length));
  const rowWidth = branches * boxWidth + (branches - 1) * gapX;
  const middle = margin + rowWidth / 2;
  let y = titleHeight;
  const rows = filled.map((row) => {
    const height = Math.max(...row.map(({ lines }) => lines.length)) * 18 + 22;
    const left = middle - (row.length * boxWidth + (row.length - 1) * gapX) / 2;
    const top = y;
    y += height + gapY;
    return row.map(({ step, lines }, branch) => {
      return { step, lines, x: left + branch * (boxWidth + gapX), y: top, width: boxWidth, height };
    });
  });
  const railX = margin + rowWidth + gapX;
  const width = Math.max(margin + rowWidth + railRoom, Math.ceil(title.length * 9.4) + 2 * margin);
  return { width, height: y - gapY + margin, middle, railX, rows, boxes: rows.flat() };
}
