import type { DefinitionRegistry } from './definition-registry.js';
import { type InstanceView, viewOf } from './instance-view.js';
import { lockPlaces } from './lock-places.js';
import type { SagaStore } from './saga-store.js';

/** One instance as it may be read, with its place in the queues of its locks. */
export async function findInstance(
  store: Pick<SagaStore<never>, 'load' | 'lockQueue'>,
  definitions: DefinitionRegistry,
  id: string,
): Promise<InstanceView | undefined> {
  const { instances } = await store.load([id]);
  const [stored] = instances;
  if (stored === undefined) return undefined;
  const places = await lockPlaces(store, instances);
  return viewOf(stored, definitions.find(stored.instance), places.get(id));
}
