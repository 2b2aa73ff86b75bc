import { strangerRows } from './decision-table/stranger-rows.js';
import { proveRows } from './decision-table/prove-rows.js';

proveRows(strangerRows);
