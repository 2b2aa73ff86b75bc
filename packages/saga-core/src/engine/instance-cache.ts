import { copyJson, roughBytes } from '../machine/copy-json.js';
import { isTerminal, type SagaInstance, type StepBodies } from '../machine/instance.js';
import type { StoredInstance } from './saga-store.js';

/** What a leg begins from. */
export type KnownInstance = Pick<StoredInstance, 'instance' | 'revision' | 'tags'>;

/**
 * Instances as this process last saved or read them. It may be wrong about any of them at any time: another process, an operator, a migration
 * may have moved it. So nothing is decided by it but what is then saved with a check of the revision; who loses that reads again, and so does who would throw an
 * input away.
 */
export interface InstanceCache {
  get(sagaId: string): KnownInstance | undefined;
  /** It is committed as this. `before` is what the leg began from. An instance that is over is forgotten. */
  keep(known: KnownInstance, before?: KnownInstance): void;
  forget(sagaId: string): void;
}

export interface InstanceCacheOptions {
  /** 0: nothing is kept. */
  readonly maxInstances: number;
  readonly maxBytes: number;
}

interface Entry {
  readonly known: KnownInstance;
  readonly bytes: number;
}

/** The least recently used go first, by number and by what they take. */
export function createInstanceCache({ maxInstances, maxBytes }: InstanceCacheOptions): InstanceCache {
  // A map remembers the order of insertion: what is used is put behind the others.
  const entries = new Map<string, Entry>();
  let bytes = 0;
  const forget = (sagaId: string): void => {
    bytes -= entries.get(sagaId)?.bytes ?? 0;
    entries.delete(sagaId);
  };
  return {
    forget,
    get(sagaId) {
      const entry = entries.get(sagaId);
      if (entry === undefined) return undefined;
      entries.delete(sagaId);
      entries.set(sagaId, entry);
      return entry.known;
    },
    keep(known, before) {
      const { id } = known.instance;
      const former = entries.get(id);
      forget(id);
      if (maxInstances === 0 || isTerminal(known.instance.state.status)) return;
      const isGrown = former !== undefined && former.known === before;
      const own = ownBodies(known.instance, before?.instance);
      const instance = { ...known.instance, bodies: own.bodies };
      const size = isGrown ? former.bytes + own.addedBytes : sizeOf(instance);
      // One that alone would drive out a good part of the others is read each time.
      if (size * 4 > maxBytes) return;
      entries.set(id, { known: { ...known, instance }, bytes: size });
      bytes += size;
      for (const oldest of entries.keys()) {
        if (entries.size <= maxInstances && bytes <= maxBytes) break;
        forget(oldest);
      }
    },
  };
}

/** What the leg has added may be an object that the author's code holds, too: it is copied, once. */
function ownBodies(
  { bodies }: SagaInstance,
  before: SagaInstance | undefined,
): { readonly bodies: SagaInstance['bodies']; readonly addedBytes: number } {
  let addedBytes = 64;
  const owned: Record<string, StepBodies> = {};
  for (const key in bodies) {
    const held = bodies[key] as StepBodies;
    const isKnown = held === before?.bodies[key];
    owned[key] = isKnown ? held : copyJson(held);
    if (!isKnown) addedBytes += 256 + roughBytes(held);
  }
  return { bodies: owned, addedBytes };
}

function sizeOf({ input, state, bodies }: SagaInstance): number {
  return 512 + roughBytes(input) + roughBytes(state) + roughBytes(bodies);
}
