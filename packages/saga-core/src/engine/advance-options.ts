import type { Clock, Logger } from '@backstitch/messaging';
import type { ClaimedRow } from '@backstitch/outbox';
import type { Sender } from './command-message.js';
import type { DefinitionRegistry } from './definition-registry.js';
import type { SagaInstance } from '../machine/instance.js';
import type { InstanceCache } from './instance-cache.js';
import type { Leg } from './leg.js';
import type { SagaStore } from './saga-store.js';

export interface AdvanceOptions<Trx> {
  readonly store: SagaStore<Trx>;
  readonly definitions: DefinitionRegistry;
  readonly cache: InstanceCache;
  readonly sender: Sender;
  readonly logger: Logger;
  /** Paces warnings; nothing that is stored is timed by it. */
  readonly clock: Clock;
  readonly bornLeaseMs: number;
  /** After the commit: messages to publish from memory. */
  readonly publish: (rows: readonly ClaimedRow[]) => void;
  /** After the commit: calls to make. */
  readonly startCalls: (leg: Leg) => void;
  /** After the commit: instances that have mail. Where it is lost, the poller finds them. */
  readonly wake: (sagaIds: readonly string[]) => void;
  /** After the commit: whoever waits for this instance may look again. */
  readonly onSettled: (instance: SagaInstance) => void;
  /** Legs with the author's code run in transactions of their own, this many side by side. */
  readonly soloConcurrency: number;
}
