import type { Transport } from '@backstitch/messaging';
import type { OutboxStore, Relay } from '@backstitch/outbox';
import type { MemoryDatabase, MemoryTransaction } from '@backstitch/postgres/testing';
import type { SagaStore } from '@backstitch/saga-core';
import type { FenceStore } from '@backstitch/saga-core/participant';
import type { ProcessLife } from '../process-life.js';

/** What a mutant may reach for. */
export interface MutantPlace {
  readonly life: ProcessLife;
  /** The tables of this process, without faults. */
  readonly database: MemoryDatabase;
  readonly nowMs: () => number;
  readonly relay: Pick<Relay, 'publish' | 'hint'>;
}

type Bend<Part> = (part: Part, place: MutantPlace) => Part;

/** Backstitch with one fault in it, at one of its ports. Without one of these a run is of what is shipped. */
export interface Mutant {
  readonly fault: string;
  readonly sagaStore?: Bend<SagaStore<MemoryTransaction>>;
  readonly fenceStore?: Bend<FenceStore<MemoryTransaction>>;
  readonly engineOutbox?: Bend<OutboxStore>;
  readonly participantOutbox?: Bend<OutboxStore>;
  readonly engineTransport?: Bend<Transport>;
  readonly participantTransport?: Bend<Transport>;
}
