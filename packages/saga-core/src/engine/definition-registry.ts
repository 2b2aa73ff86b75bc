import type { SagaDefinition } from '../definition/step-definition.js';
import { SagaError } from '../errors.js';
import type { DefinitionKey } from './saga-store.js';

/** The definitions that this process knows. Several versions of one saga may stand side by side. */
export interface DefinitionRegistry {
  readonly keys: readonly DefinitionKey[];
  readonly participants: readonly string[];
  /** The very definition an instance is pinned to, hash included. */
  find(key: DefinitionKey): SagaDefinition | undefined;
  /** Throws `SAGA_UNKNOWN` or `VERSION_UNKNOWN`: an instance that no process can move must not be started. */
  require(definition: SagaDefinition): SagaDefinition;
}

export function createDefinitionRegistry(sagas: readonly SagaDefinition[]): DefinitionRegistry {
  const byKey = new Map<string, SagaDefinition>();
  for (const saga of [...sagas, ...sagas.flatMap(childrenOf)]) {
    const key = keyOf(saga.name, saga.version);
    // A child is known by its parents, and may be given by itself as well.
    if (byKey.get(key) === saga && sagas.indexOf(saga) === sagas.lastIndexOf(saga)) continue;
    if (byKey.has(key)) {
      throw new SagaError('DEFINITION_INVALID', `saga '${saga.name}' version ${saga.version} is registered twice`, {
        fields: { saga: saga.name, version: saga.version },
        hint: 'give each definition a version of its own',
      });
    }
    byKey.set(key, saga);
  }
  const definitions = [...byKey.values()];
  return {
    keys: definitions.map(({ name, version, hash }) => ({ saga: name, version, hash })),
    participants: [...new Set(definitions.flatMap(participantsOf))],
    find({ saga, version, hash }) {
      const found = byKey.get(keyOf(saga, version));
      return found?.hash === hash ? found : undefined;
    },
    require(definition) {
      const found = byKey.get(keyOf(definition.name, definition.version));
      if (found?.hash === definition.hash) return found;
      throw unregistered(definition, definitions);
    },
  };
}

/** The children of its steps, and theirs. */
function childrenOf(saga: SagaDefinition): readonly SagaDefinition[] {
  return [...saga.steps.values()].flatMap((step) =>
    step.kind === 'child' ? [step.saga, ...childrenOf(step.saga)] : [],
  );
}

function participantsOf(saga: SagaDefinition): string[] {
  return [...saga.steps.values()].flatMap((step) =>
    step.kind === 'invoke' || step.kind === 'each' ? [step.command.participant] : [],
  );
}

function unregistered({ name, version }: SagaDefinition, known: readonly SagaDefinition[]): SagaError {
  const versions = known.filter((each) => each.name === name).map((each) => each.version);
  const fields = { saga: name, version, registered: versions };
  if (versions.length === 0) {
    return new SagaError('SAGA_UNKNOWN', `saga '${name}' is not registered with this engine`, {
      fields,
      hint: "add it to the engine's 'sagas'",
    });
  }
  return new SagaError(
    'VERSION_UNKNOWN',
    `saga '${name}' is registered in version ${versions.join(', ')}, not as this version ${version}`,
    {
      fields,
      hint: "add this very definition to the engine's 'sagas'; a changed step list needs a new version",
    },
  );
}

function keyOf(saga: string, version: number): string {
  return `${saga}@${version}`;
}
