import type { Failure } from '../definition/step-context.js';
import type { InstanceState, Parking, SagaStatus } from '../machine/instance.js';

/** An instance in a list: what its row tells, without its journal. Times are milliseconds of the database's clock. */
export interface InstanceSummary {
  readonly id: string;
  readonly saga: string;
  readonly version: number;
  readonly hash: string;
  readonly status: SagaStatus;
  readonly paused: boolean;
  /** Steps that are under way, forward or back. */
  readonly current: readonly string[];
  readonly failure?: Failure;
  readonly parked?: Parking;
  readonly startKey: string | null;
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly finishedAt: number | null;
  /** When it is looked at next. Long past: no process that is open knows its version. */
  readonly wakeAt: number | null;
  /** Its state is not JSON: somebody changed the row by hand, or the storage is damaged. */
  readonly unreadable?: true;
}

export type SummaryParts = Omit<InstanceSummary, 'current' | 'failure' | 'parked' | 'tags' | 'unreadable'> & {
  /** JSON, as they are stored. */
  readonly state: string;
  readonly tags: string;
};

/** One row that is damaged must not keep the others from being seen. */
export function summaryOf({ state: stateJson, tags: tagsJson, ...row }: SummaryParts): InstanceSummary {
  const state = read(stateJson) as InstanceState | undefined;
  const tags = read(tagsJson) as Record<string, string> | undefined;
  if (state === undefined || tags === undefined) return { ...row, current: [], tags: tags ?? {}, unreadable: true };
  const current = Object.entries(state.steps ?? {}).flatMap(([name, { status }]) =>
    status === 'dispatched' || status === 'compensating' || status === 'unknown' ? [name] : [],
  );
  const { failure, parked } = state;
  return {
    ...row,
    current,
    tags,
    ...(failure === undefined ? {} : { failure }),
    ...(parked === undefined ? {} : { parked }),
  };
}

function read(json: string): unknown {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
