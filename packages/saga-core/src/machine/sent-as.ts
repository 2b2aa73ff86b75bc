import type { InstanceState } from './instance.js';
import { keyOf, splitKey } from './unit.js';

type Named = Pick<InstanceState, 'sentAs'>;

/**
 * The key of a step or item that its commands carry. A step keeps the name it began with when a migration renames it: the participant's fence
 * knows the effect by it, so that an undo under another name would find nothing to undo, and a resend would do it a second time.
 */
export function sentAs({ sentAs: names }: Named, key: string): string {
  if (names === undefined) return key;
  const { step, item } = splitKey(key);
  return keyOf({ step: Object.hasOwn(names, step) ? (names[step] ?? step) : step, item });
}

/** The key whose commands carry this one; the empty one, which no step has, where none does. */
export function stepSentAs({ sentAs: names = {} }: Named, key: string): string {
  const { step: sent, item } = splitKey(key);
  const renamed = Object.entries(names).find(([, name]) => name === sent);
  if (renamed === undefined && Object.hasOwn(names, sent)) return '';
  return keyOf({ step: renamed?.[0] ?? sent, item });
}
