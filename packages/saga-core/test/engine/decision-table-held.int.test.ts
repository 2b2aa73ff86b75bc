import { heldRows } from './decision-table/held-rows.js';
import { proveRows } from './decision-table/prove-rows.js';

proveRows(heldRows);
