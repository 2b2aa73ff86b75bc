import type { InstanceChange } from '../engine/saga-store.js';
import { SagaError } from '../errors.js';

/** The changes whose instance still has the revision that they began from. Throws where one instance is given twice. */
export function currentChanges(
  changes: readonly InstanceChange[],
  revisions: ReadonlyMap<string, number>,
): readonly InstanceChange[] {
  const seen = new Set<string>();
  for (const { instance } of changes) {
    if (seen.has(instance.id)) {
      throw new SagaError('OPTION_INVALID', `Instance ${instance.id} is given twice in one save.`, {
        fields: { sagaId: instance.id },
        hint: 'Apply all its inputs one after the other and save the last state with all entries and messages.',
      });
    }
    seen.add(instance.id);
  }
  return changes.filter(({ instance, revision }) => revisions.get(instance.id) === revision);
}
