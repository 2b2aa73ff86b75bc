import { expect, it } from 'vitest';
import type { BoardRow } from '../../src/demo/board.js';
import { renderChange, renderTable } from '../../src/demo/render-table.js';

const row: BoardRow = {
  number: 7,
  orderId: '6f1c2f9e-5d3b-4a57-9c3e-0d5a4f7b2c11',
  story: 'out of stock',
  customerId: 'grace',
  items: '1 chair, 3 globe',
  status: 'CANCELLED',
  saga: 'compensated',
  reason: 'OUT_OF_STOCK',
};

it('puts every cell under its title', () => {
  const [head = '', line = ''] = renderTable([row]);
  for (const [title, cell] of [
    ['customer', 'grace'],
    ['items', '1 chair, 3 globe'],
    ['story', 'out of stock'],
    ['order', 'CANCELLED'],
    ['saga', 'compensated'],
    ['reason', 'OUT_OF_STOCK'],
  ] as const) {
    expect(line.indexOf(cell)).toBe(head.indexOf(title));
  }
});

it('tells a change in one line', () => {
  expect(renderChange(row, 12_345)).toBe(
    '  12.3s  #7  grace    1 chair, 3 globe   CANCELLED, saga compensated (OUT_OF_STOCK)',
  );
});
