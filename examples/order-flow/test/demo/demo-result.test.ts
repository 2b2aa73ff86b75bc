import { expect, it } from 'vitest';
import { renderResult } from '../../src/demo/demo-result.js';

const invariants = {
  stockConserved: true,
  moneyConserved: true,
  everyOrderSettled: true,
  noDuplicateEffect: true,
  reservedStockMatchesOrderItems: true,
  confirmedOrdersArePaid: true,
  noMessageStuck: true,
};
const result = { orders: 20, confirmed: 12, cancelled: 8, parked: 0, transport: 'memory', durationMs: 18_400 } as const;

it('says that everything holds', () => {
  const text = renderResult({ ...result, invariants }, []).join('\n');
  expect(text).toContain('20 orders: 12 confirmed, 8 cancelled, 0 parked, in 18.4 s');
  expect(text.match(/ {2}ok /g)).toHaveLength(Object.keys(invariants).length);
  expect(text).not.toContain('DRIFT');
});

it.each(Object.keys(invariants))('shows that %s does not hold, and what drifted', (name) => {
  const lines = renderResult({ ...result, invariants: { ...invariants, [name]: false } }, [
    'lamp: 3 ordered, 2 reserved',
  ]);
  expect(lines.filter((line) => line.includes('DRIFT'))).toHaveLength(1);
  expect(lines.at(-1)).toContain('lamp: 3 ordered, 2 reserved');
});
