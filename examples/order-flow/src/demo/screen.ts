import type { BoardRow } from './board.js';
import { renderChange, renderTable } from './render-table.js';

/** What the audience sees: a table that is redrawn on a terminal, a line for each change elsewhere. */
export interface Screen {
  say(line: string): void;
  show(rows: readonly BoardRow[], changed: readonly BoardRow[]): void;
  /** The table stays as it is: what is said from now on comes below it. */
  finish(): void;
}

export interface ScreenOptions {
  readonly output: NodeJS.WriteStream;
  readonly startedAt: number;
}

export function createScreen({ output, startedAt }: ScreenOptions): Screen {
  const write = (lines: readonly string[]): void => void output.write(lines.map((line) => `${line}\n`).join(''));
  if (!output.isTTY) {
    return {
      say: (line) => write([line]),
      show: (_rows, changed) => {
        if (changed.length > 0) write(changed.map((row) => renderChange(row, performance.now() - startedAt)));
      },
      finish: () => undefined,
    };
  }
  let drawn: readonly string[] = [];
  const erase = (): string => (drawn.length === 0 ? '' : `\x1b[${drawn.length}A\x1b[0J`);
  const draw = (above: readonly string[], table: readonly string[]): void => {
    // A line wider than the terminal would take two, and the next redraw would begin in the wrong place.
    const [head = '', title = '', ...rows] = table.map((line) => line.slice(0, Math.max(20, output.columns - 1)));
    // The cursor cannot go above the screen's first line: of a table that is too long the latest orders are shown.
    const cut = table.length === 0 ? [] : [head, title, ...rows.slice(-Math.max(1, output.rows - 4))];
    output.write(`${erase()}${[...above, ...cut].map((line) => `${line}\n`).join('')}`);
    drawn = cut;
  };
  return {
    say: (line) => draw([line], drawn),
    show: (rows) => draw([], rows.length === 0 ? [] : ['', ...renderTable(rows)]),
    finish() {
      drawn = [];
    },
  };
}
