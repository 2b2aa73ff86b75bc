import type { Stage, StepDefinition } from './step-definition.js';

/**
 * FNV-1a, 64 bits, of the definition's shape. Two definitions with one hash move an instance in the same way; what may change without
 * a new version (functions, timeouts, retries) is left out. It guards against a slip, not against an adversary.
 */
export function definitionHash(name: string, stages: readonly Stage[]): string {
  return fnv1a64(JSON.stringify([name, stages.map((stage) => stage.map(shapeOf))]));
}

function shapeOf(step: StepDefinition): readonly unknown[] {
  const undo = step.compensate === null ? null : step.kind === 'invoke' ? step.compensate.command.name : 'local';
  return [
    step.name,
    step.kind,
    step.phase,
    step.kind === 'invoke' ? step.command.name : null,
    undo,
    step.when !== null,
  ];
}

/** Shared with the backoff's jitter, which must be the same in every process. */
export function fnv1a64(text: string): string {
  let hash = 0xcbf29ce484222325n;
  for (let index = 0; index < text.length; index += 1) {
    hash = ((hash ^ BigInt(text.charCodeAt(index))) * 0x100000001b3n) & 0xffffffffffffffffn;
  }
  return hash.toString(16).padStart(16, '0');
}
