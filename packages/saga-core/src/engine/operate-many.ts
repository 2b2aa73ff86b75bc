import { SagaError } from '../errors.js';
import type { Verb } from '../machine/saga-input.js';
import { thrownMessage } from '../thrown-message.js';
import type { AdvanceOptions } from './advance-options.js';
import { checkFilter, type InstanceFilter, isEmptyFilter } from './instance-filter.js';
import { viewOf } from './instance-view.js';
import { type Instances, requireBetween } from './instances.js';
import { matchesFilter } from './matches-filter.js';
import { checkNote, type Guard, operate, type OperatorInput } from './operate.js';
import { type Preview, previewVerb } from './preview-verb.js';

/** A verb without who says it and why: `{ kind: 'retry' }`. */
export type BulkVerb = OperatorInput extends infer Input
  ? Input extends Verb
    ? Omit<Input, keyof Verb>
    : never
  : never;

export interface BulkOptions extends Verb {
  /** At most so many instances: 1 to 100,000. There is no default: whoever says a verb to many says to how many. */
  readonly limit: number;
  /** Nothing is changed; the report says what would be. */
  readonly dryRun?: boolean;
  /** Ends it between two instances. */
  readonly signal?: AbortSignal;
}

export interface BulkReport {
  /** Instances that the verb was said to. */
  readonly matched: number;
  readonly applied: number;
  readonly unchanged: number;
  /** By code and reason. Nothing of these instances was changed. */
  readonly refused: readonly BulkRefusal[];
  /** Of a dry run: what would happen to the first 20. */
  readonly previews: readonly Preview[];
  /**
   * `complete`: all that match · `limit`: as many as were allowed, there may be more · `aborted` · `failed`: the database is in trouble, `error`
   * says which. However it ended, the report counts what was done, and it may be said again.
   */
  readonly end: 'complete' | 'limit' | 'aborted' | 'failed';
  readonly error?: unknown;
}

export interface BulkRefusal {
  readonly code: string;
  readonly reason: string;
  readonly count: number;
  /** Of the first 20. */
  readonly ids: readonly string[];
}

const mostKept = 20;
const pageLimit = 200;

/**
 * Says a verb to all instances that fit a filter, the oldest first, each in a transaction of its own: one that refuses, or that others keep
 * moving, does not stop the rest. An instance that does not fit any more when its turn has come is left alone. Throws, before anything is done,
 * `FILTER_INVALID` for a filter that is unusable or empty, and `OPTION_INVALID`.
 */
export async function operateMany<Trx>(
  options: AdvanceOptions<Trx>,
  instances: Pick<Instances, 'list'>,
  { verb, filter, bulk }: { readonly verb: BulkVerb; readonly filter: InstanceFilter; readonly bulk: BulkOptions },
): Promise<BulkReport> {
  const { actor, reason, signal } = bulk;
  checkNote(bulk);
  const limit = requireBetween('limit', bulk.limit, 100_000);
  const input = { ...verb, actor, reason } as OperatorInput;
  const guard = guardOf(filter);
  const tally = openTally();
  let cursor: string | undefined;
  for (;;) {
    const page = await instances.list(filter, {
      limit: Math.min(pageLimit, limit - tally.matched),
      order: 'oldest',
      ...(cursor === undefined ? {} : { cursor }),
    });
    for (const { id } of page.instances) {
      if (signal?.aborted === true) return tally.report('aborted');
      tally.matched += 1;
      try {
        if (bulk.dryRun === true) tally.previewed(await previewVerb(options, id, input, guard));
        else tally.done(await operate(options, id, input, guard));
      } catch (error) {
        if (!(error instanceof SagaError) && options.store.classify(error) === 'infrastructure')
          return tally.report('failed', error);
        tally.refused(id, error);
      }
    }
    if (page.cursor === null) return tally.report('complete');
    if (tally.matched >= limit) return tally.report('limit');
    if (signal?.aborted === true) return tally.report('aborted');
    cursor = page.cursor;
  }
}

/** Between the list and its turn an instance may have moved: who lists the parked does not mean one that runs again. */
function guardOf(filter: InstanceFilter): Guard {
  const checked = checkFilter(filter);
  if (isEmptyFilter(checked)) {
    throw new SagaError('FILTER_INVALID', 'a verb for many needs a filter', {
      fields: { field: 'filter' },
      hint: 'say which are meant; for all of a saga name it',
    });
  }
  return (stored, now) => {
    if (matchesFilter(viewOf(stored, undefined), checked, now)) return;
    throw new SagaError('VERB_REFUSED', `saga ${stored.instance.id} does not fit the filter any more`, {
      fields: { sagaId: stored.instance.id, reason: 'it does not fit the filter any more' },
      hint: 'it moved after it was listed; nothing was changed',
    });
  };
}

interface Tally {
  matched: number;
  done(outcome: 'applied' | 'unchanged'): void;
  previewed(preview: Preview): void;
  refused(id: string, error: unknown): void;
  report(end: BulkReport['end'], error?: unknown): BulkReport;
}

function openTally(): Tally {
  const counts = { applied: 0, unchanged: 0 };
  const previews: Preview[] = [];
  const refusals = new Map<string, { code: string; reason: string; count: number; ids: string[] }>();
  return {
    matched: 0,
    done(outcome) {
      counts[outcome] += 1;
    },
    previewed(preview) {
      counts[preview.kind] += 1;
      if (previews.length < mostKept) previews.push(preview);
    },
    refused(id, error) {
      const why = reasonOf(error);
      const key = JSON.stringify(why);
      const refusal = refusals.get(key) ?? { ...why, count: 0, ids: [] };
      refusals.set(key, refusal);
      refusal.count += 1;
      if (refusal.ids.length < mostKept) refusal.ids.push(id);
    },
    report(end, error) {
      const { matched } = this;
      return {
        ...{ matched, ...counts, refused: [...refusals.values()], previews, end },
        ...(error === undefined ? {} : { error }),
      };
    },
  };
}

function reasonOf(error: unknown): { readonly code: string; readonly reason: string } {
  if (error instanceof SagaError) {
    const { reason } = error.fields;
    return { code: error.code, reason: typeof reason === 'string' ? reason : (error.hint ?? error.message) };
  }
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  return { code: typeof code === 'string' ? code : 'FAILED', reason: thrownMessage(error).slice(0, 300) };
}
