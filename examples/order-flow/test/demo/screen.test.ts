import { expect, it } from 'vitest';
import type { BoardRow } from '../../src/demo/board.js';
import { createScreen } from '../../src/demo/screen.js';

const row = (number: number): BoardRow => ({
  number,
  orderId: String(number),
  story: 'ordinary',
  customerId: 'ada',
  items: `${number} lamp`,
  status: 'PENDING',
  saga: 'running',
  reason: '',
});

const esc = String.fromCharCode(27);
const sequences = new RegExp(`${esc}\\[(\\d+)A|${esc}\\[0J|[^${esc}\\n]*\\n`, 'g');

/** Enough of a terminal: text, line ends, cursor up, erase below. */
function terminal({
  rows,
  columns,
  isTTY,
}: {
  readonly rows: number;
  readonly columns: number;
  readonly isTTY: boolean;
}) {
  const lines: string[] = [];
  let at = 0;
  const write = (text: string): boolean => {
    for (const [part, up] of text.matchAll(sequences)) {
      if (up !== undefined) at -= Number(up);
      else if (part.endsWith('J')) lines.length = at;
      else lines[at++] = part.slice(0, -1);
    }
    return true;
  };
  return { lines, output: { rows, columns, isTTY, write } as unknown as NodeJS.WriteStream };
}

it('redraws its table in place on a terminal, below what was said, and leaves it above what is said at the end', () => {
  const { lines, output } = terminal({ rows: 30, columns: 120, isTTY: true });
  const screen = createScreen({ output, startedAt: 0 });
  screen.say('first');
  screen.show([row(1)], []);
  screen.say('second');
  screen.show([row(1), row(2)], []);
  screen.finish();
  screen.say('the end');
  expect(lines.map((line) => line.trim().split(/\s+/).slice(0, 3).join(' '))).toEqual([
    'first',
    'second',
    '',
    '# customer items',
    '1 ada 1',
    '2 ada 2',
    'the end',
  ]);
});

it('never draws more lines than the terminal has, nor longer ones', () => {
  const { lines, output } = terminal({ rows: 10, columns: 40, isTTY: true });
  const screen = createScreen({ output, startedAt: 0 });
  const all = Array.from({ length: 20 }, (_, index) => row(index + 1));
  screen.show(all, []);
  screen.show(all, []);
  expect(lines.length).toBeLessThan(10);
  expect(Math.max(...lines.map(({ length }) => length))).toBeLessThan(40);
  expect(lines.at(-1)).toContain('20 lamp');
});

it('writes a line for each change where it cannot redraw', () => {
  const { lines, output } = terminal({ rows: 0, columns: 0, isTTY: false });
  const screen = createScreen({ output, startedAt: performance.now() });
  screen.show([row(1), row(2)], [row(2)]);
  screen.show([row(1), row(2)], []);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('#2');
});
