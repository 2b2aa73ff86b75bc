import type { OutboxStore } from '@backstitch/outbox';
import type { SagaStore } from '../engine/saga-store.js';
import type { SagaStatus } from '../machine/instance.js';
import type { Recording } from '../operations/recording.js';
import type { FenceStatus, FenceStore } from '../participant/fence-store.js';

/** What both kinds of process of a test stand on: tables, in memory or on Postgres, that outlive them. */
interface TestGround {
  readonly outbox: OutboxStore;
  /** The next moment, later than now, at which something is due. */
  nextMoment(): Promise<number | undefined>;
  /** Takes away what was made for the test. */
  drop(): Promise<void>;
}

export interface EngineGround<Trx> extends TestGround {
  readonly store: SagaStore<Trx>;
  /** Every instance, oldest first. */
  recordings(): Promise<readonly RecordedInstance[]>;
}

export interface RecordedInstance extends Recording {
  readonly status: SagaStatus;
  /** JSON of the state as it is stored. */
  readonly stateJson: string;
}

export interface ParticipantGround<Trx> extends TestGround {
  readonly store: FenceStore<Trx>;
  fences(): Promise<readonly FenceEntry[]>;
}

/** What a participant remembers of one round of one step. */
export interface FenceEntry {
  readonly sagaId: string;
  readonly step: string;
  /** -1 where the step has no items. */
  readonly item: number;
  readonly round: number;
  readonly status: FenceStatus;
}

/** The earliest of those that there are. */
export function earliest(moments: readonly (number | null | undefined)[]): number | undefined {
  const known = moments.filter((each): each is number => typeof each === 'number');
  return known.length === 0 ? undefined : Math.min(...known);
}
