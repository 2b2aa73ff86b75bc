import { backRows } from './decision-table/back-rows.js';
import { proveRows } from './decision-table/prove-rows.js';

proveRows(backRows);
