import { expect, it } from 'vitest';
import { backRows } from './decision-table/back-rows.js';
import { designRows } from './decision-table/design-rows.js';
import { forwardRows } from './decision-table/forward-rows.js';
import { heldRows } from './decision-table/held-rows.js';
import { pivotRows } from './decision-table/pivot-rows.js';
import { strangerRows } from './decision-table/stranger-rows.js';

it('every row of the decision table is provoked on Postgres', () => {
  const proofs = [...forwardRows, ...backRows, ...pivotRows, ...heldRows, ...strangerRows];
  expect(new Set(proofs.map(({ row }) => row))).toEqual(new Set(Object.keys(designRows)));
});
