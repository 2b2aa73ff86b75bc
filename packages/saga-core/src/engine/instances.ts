import { foundText } from '@backstitch/messaging';
import type { AnySaga } from '../definition/step-list.js';
import { SagaError } from '../errors.js';
import { sagaStatuses } from '../machine/instance.js';
import { createDefinitionRegistry, type DefinitionRegistry } from './definition-registry.js';
import { type Inspection, inspectInstance, type InspectOptions } from './inspect-instance.js';
import { checkFilter, filterFingerprint, type InstanceFilter } from './instance-filter.js';
import type { InstanceCount, InstanceCounts, InstanceOrder } from './instance-reads.js';
import type { InstanceSummary } from './instance-summary.js';
import { readCursor, writeCursor } from './page-cursor.js';
import type { SagaStore } from './saga-store.js';

export interface PageOptions {
  /** 1 to 500, default 50. */
  readonly limit?: number;
  /** By creation. Default `newest` first. */
  readonly order?: InstanceOrder;
  /** Of the page before, with the same filter and order. */
  readonly cursor?: string;
  /** How many instances one page may look at where no index serves the whole filter: 1 to 100,000, default 10,000. */
  readonly examine?: number;
}

export interface InstancePage {
  readonly instances: readonly InstanceSummary[];
  /**
   * For the next page; null at the end. A page may be short, even empty, while there is a cursor: then so many instances were looked at as one
   * page may look at.
   */
  readonly cursor: string | null;
}

export interface CountOptions {
  readonly saga?: string;
  readonly version?: number;
  /** No group is counted further than this, 1 to 10,000,000, default 10,000: what a count costs is what it counts. */
  readonly countTo?: number;
}

/** What is there, for an operator: in an engine (`engine.instances`), or beside it in a process that runs no saga. Changes nothing, locks nothing. */
export interface Instances {
  /** Throws `FILTER_INVALID`, `CURSOR_INVALID` or `OPTION_INVALID`. */
  list(filter?: InstanceFilter, page?: PageOptions): Promise<InstancePage>;
  /** How many there are of each saga, version and status. */
  counts(options?: CountOptions): Promise<InstanceCounts>;
  /** Everything that is known of one, or undefined where there is none. */
  inspect(id: string, options?: InspectOptions): Promise<Inspection | undefined>;
}

export type ReadableStore = Pick<SagaStore<never>, 'load' | 'mailbox' | 'lockQueue' | 'reads'>;

export interface InstancesOptions {
  readonly store: ReadableStore;
  /** Tell which steps remain. Instances of other sagas and versions are answered without. */
  readonly sagas?: readonly AnySaga[];
}

export function createInstances({ store, sagas = [] }: InstancesOptions): Instances {
  return instancesOf(store, createDefinitionRegistry(sagas));
}

export function instancesOf(store: ReadableStore, definitions: DefinitionRegistry): Instances {
  return {
    async list(filter = {}, { limit = 50, order = 'newest', cursor, examine = 10_000 } = {}) {
      const checked = checkFilter(filter);
      const meaning = { order: checkOrder(order), fingerprint: filterFingerprint(checked) };
      const { instances, next } = await store.reads.list({
        filter: checked,
        order,
        limit: requireBetween('limit', limit, 500),
        after: cursor === undefined ? null : readCursor(cursor, meaning),
        examine: requireBetween('examine', examine, 100_000),
      });
      return { instances, cursor: next === null ? null : writeCursor(next, meaning) };
    },
    async counts({ countTo = 10_000, ...only } = {}) {
      const { saga, version } = checkFilter(only);
      const counts = await store.reads.counts({
        countTo: requireBetween('countTo', countTo, 10_000_000),
        ...(saga === undefined ? {} : { saga }),
        ...(version === undefined ? {} : { version }),
      });
      return { ...counts, groups: [...counts.groups].sort(bySagaVersionStatus) };
    },
    inspect: (id, options) => inspectInstance({ store, definitions }, id, options),
  };
}

function bySagaVersionStatus(one: InstanceCount, other: InstanceCount): number {
  if (one.saga !== other.saga) return one.saga < other.saga ? -1 : 1;
  return one.version - other.version || sagaStatuses.indexOf(one.status) - sagaStatuses.indexOf(other.status);
}

function checkOrder(order: InstanceOrder): InstanceOrder {
  if (order === 'newest' || order === 'oldest') return order;
  throw new SagaError('OPTION_INVALID', `order is ${foundText(order)}`, {
    fields: { field: 'order', value: order },
    hint: 'give newest or oldest',
  });
}

/** Answers the number. Throws `OPTION_INVALID`. */
export function requireBetween(field: string, found: number, most: number): number {
  if (Number.isInteger(found) && found >= 1 && found <= most) return found;
  throw new SagaError('OPTION_INVALID', `${field} is ${foundText(found)}`, {
    fields: { field, value: found },
    hint: `give a whole number from 1 to ${most}`,
  });
}
