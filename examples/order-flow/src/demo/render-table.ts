import type { BoardRow } from './board.js';

const columns = [
  { title: '#', width: 3, of: (row: BoardRow) => String(row.number).padStart(2) },
  { title: 'customer', width: 9, of: (row: BoardRow) => row.customerId },
  { title: 'items', width: 18, of: (row: BoardRow) => row.items },
  { title: 'story', width: 20, of: (row: BoardRow) => row.story },
  { title: 'order', width: 10, of: (row: BoardRow) => row.status },
  { title: 'saga', width: 13, of: (row: BoardRow) => row.saga },
  { title: 'reason', width: 16, of: (row: BoardRow) => row.reason },
] as const;

/** The board as lines of text, for a terminal that can be redrawn. */
export function renderTable(rows: readonly BoardRow[]): readonly string[] {
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, index) => cell.padEnd(columns[index]?.width ?? 0))
      .join(' ')
      .trimEnd();
  return [line(columns.map(({ title }) => title)), ...rows.map((row) => line(columns.map(({ of }) => of(row))))];
}

/** One change, for an output that only goes forward. */
export function renderChange(row: BoardRow, sinceMs: number): string {
  const seconds = `${(sinceMs / 1_000).toFixed(1)}s`.padStart(7);
  const { number, customerId, items, status, saga, reason } = row;
  const why = reason === '' ? '' : ` (${reason})`;
  return `${seconds}  #${String(number).padEnd(2)} ${customerId.padEnd(8)} ${items.padEnd(18)} ${status}, saga ${saga}${why}`;
}
