import type { Stage, StepDefinition } from './step-definition.js';

/**
 * FNV-1a, 64 bits, of the definition's shape. Two definitions with one hash move an instance in the same way; what may change without
 * a new version (functions, timeouts, retries) is left out. It guards against a slip, not against an adversary.
 */
export function definitionHash(name: string, stages: readonly Stage[]): string {
  return fnv1a64(JSON.stringify([name, stages.map((stage) => stage.map(shapeOf))]));
}

function shapeOf(step: StepDefinition): readonly unknown[] {
  return [step.name, step.kind, step.phase, targetOf(step), undoOf(step), step.when !== null];
}

/** A child's version is not in it: an instance's children are pinned to theirs when they begin. */
function targetOf(step: StepDefinition): string | null {
  if (step.kind === 'child') return step.saga.name;
  return step.kind === 'invoke' || step.kind === 'each' ? step.command.name : null;
}

function undoOf({ compensate }: StepDefinition): string | null {
  if (compensate === null) return null;
  return typeof compensate === 'function' ? 'local' : compensate.command.name;
}

/** Shared with the backoff's jitter, which must be the same in every process. */
export function fnv1a64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let index = 0; index < text.length; index += 1) {
    hash = ((hash ^ BigInt(text.charCodeAt(index))) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return hash.toString(16).padStart(16, '0');
}
