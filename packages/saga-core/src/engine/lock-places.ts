import { standsInQueues } from './instance-view.js';
import type { LockPlace, SagaStore, StoredInstance } from './saga-store.js';

/** For `viewOf`: how instances stand in the queues of their locks. Asks nothing where none of them has any. */
export async function lockPlaces(
  store: Pick<SagaStore<never>, 'lockQueue'>,
  instances: readonly StoredInstance[],
): Promise<ReadonlyMap<string, LockPlace>> {
  const queued = instances.filter(standsInQueues).map(({ instance }) => instance.id);
  if (queued.length === 0) return new Map();
  const places = await store.lockQueue(queued);
  return new Map(places.map((place) => [place.sagaId, place]));
}
