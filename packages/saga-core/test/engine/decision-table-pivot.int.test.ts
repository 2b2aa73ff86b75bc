import { pivotRows } from './decision-table/pivot-rows.js';
import { proveRows } from './decision-table/prove-rows.js';

proveRows(pivotRows);
