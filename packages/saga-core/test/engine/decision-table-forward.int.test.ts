import { forwardRows } from './decision-table/forward-rows.js';
import { proveRows } from './decision-table/prove-rows.js';

proveRows(forwardRows);
