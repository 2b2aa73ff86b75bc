import type { Correction, Resolution, Verb } from '../machine/saga-input.js';
import type { AdvanceOptions } from './advance-options.js';
import { instanceUnknown } from './apply-spoken.js';
import { findInstance } from './find-instance.js';
import type { InstanceFilter } from './instance-filter.js';
import type { InstanceView } from './instance-view.js';
import { type Instances, instancesOf } from './instances.js';
import { type BulkOptions, type BulkReport, type BulkVerb, operateMany } from './operate-many.js';
import { operate, type OperatorInput } from './operate.js';
import { type Preview, previewVerb } from './preview-verb.js';

/** What a person may see and do. Every verb says who and why, and stands in the journal. */
export interface Operator {
  find(id: string): Promise<InstanceView | undefined>;
  /** Lists, counts and inspects instances. It may be used before `open`, and beside an engine: `createInstances`. */
  readonly instances: Instances;
  /** Undoes what was done, while that is possible. Throws `VERB_REFUSED` where it is not. */
  cancel(id: string, verb: Verb): Promise<InstanceView>;
  /** As `cancel`; its `code` (default `SAGA_TURNED_BACK`) and reason are the failure that the compensations see. */
  compensate(id: string, verb: Verb & { readonly code?: string }): Promise<InstanceView>;
  pause(id: string, verb: Verb): Promise<InstanceView>;
  resume(id: string, verb: Verb): Promise<InstanceView>;
  /** Tries the parked step again; with another payload where nothing of it was sent, or what was sent was declined after the pivot. */
  retry(id: string, verb: Verb & { readonly correction?: Correction }): Promise<InstanceView>;
  /** Goes on without a step that has not begun, or that the instance is parked for; later steps read `output`. */
  skip(id: string, verb: Verb & { readonly step: string; readonly output?: unknown }): Promise<InstanceView>;
  /** Says by hand what became of the step that the instance is parked for. */
  resolve(id: string, verb: Verb & { readonly step: string; readonly outcome: Resolution }): Promise<InstanceView>;
  /**
   * What a verb would do, without doing it: which steps it would move, what it would write and send. Throws what the verb itself would throw.
   * Local functions are not run: where one comes next, `endsAt` names it.
   */
  preview(id: string, verb: OperatorInput): Promise<Preview>;
  /**
   * Says a verb to all instances that fit a filter, at most `limit`, each in a transaction of its own. One that refuses does not stop the
   * others; the report counts them by reason. Throws `FILTER_INVALID` for a filter that is unusable or empty.
   */
  bulk(verb: BulkVerb, filter: InstanceFilter, options: BulkOptions): Promise<BulkReport>;
}

export interface OperatorOptions<Trx> extends Pick<AdvanceOptions<Trx>, 'store' | 'definitions'> {
  /** Throws where the engine is not open. Reads do not need it. */
  readonly advance: () => AdvanceOptions<Trx>;
}

export function operatorOf<Trx>({ store, definitions, advance }: OperatorOptions<Trx>): Operator {
  const instances = instancesOf(store, definitions);
  const find = (id: string): Promise<InstanceView | undefined> => findInstance(store, definitions, id);
  const say = async (id: string, input: OperatorInput): Promise<InstanceView> => {
    await operate(advance(), id, input);
    const view = await find(id);
    if (view === undefined) throw instanceUnknown(id);
    return view;
  };
  return {
    find,
    instances,
    cancel: (id, said) => say(id, { kind: 'cancel', ...said }),
    compensate: (id, said) => say(id, { kind: 'compensate', ...said }),
    pause: (id, said) => say(id, { kind: 'pause', ...said }),
    resume: (id, said) => say(id, { kind: 'resume', ...said }),
    retry: (id, said) => say(id, { kind: 'retry', ...said }),
    skip: (id, said) => say(id, { kind: 'skip', ...said }),
    resolve: (id, said) => say(id, { kind: 'resolve', ...said }),
    preview: async (id, verb) => previewVerb(advance(), id, verb),
    bulk: async (verb, filter, bulk) => operateMany(advance(), instances, { verb, filter, bulk }),
  };
}
