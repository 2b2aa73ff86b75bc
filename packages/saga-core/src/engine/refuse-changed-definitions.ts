import { SagaError } from '../errors.js';
import type { DefinitionRegistry } from './definition-registry.js';
import type { SagaStore } from './saga-store.js';

/** The same version with another shape, and instances alive on the old one: nobody could move them. Throws `DEFINITION_CHANGED` with their count. */
export async function refuseChangedDefinitions<Trx>(
  store: SagaStore<Trx>,
  definitions: DefinitionRegistry,
): Promise<void> {
  for (const { saga, version, hash } of definitions.keys) {
    const others = (await store.liveHashes({ saga, version })).filter((each) => each.hash !== hash);
    const live = others.reduce((sum, each) => sum + each.live, 0);
    if (live === 0) continue;
    throw new SagaError(
      'DEFINITION_CHANGED',
      `saga '${saga}' version ${version} has changed, and ${live} instances live on what it was`,
      {
        fields: { saga, version, hash, others },
        hint: 'give the changed step list a new version and keep the old one registered until its instances are done',
      },
    );
  }
}
