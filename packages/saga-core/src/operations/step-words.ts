import type { StepDefinition, WaitStepDefinition } from '../definition/step-definition.js';
import { durationText } from './duration-text.js';

/** What a step does, in few words: `inventory.reserve`, `local`, `sleep 30d`. */
export function stepWords(step: StepDefinition): string {
  return step.when === null ? kindWords(step) : `${kindWords(step)}, if wanted`;
}

function kindWords(step: StepDefinition): string {
  switch (step.kind) {
    case 'invoke':
      return step.command.name;
    case 'each':
      return `${step.command.name} for each, ${step.concurrency} at a time`;
    case 'child':
      return `saga ${step.saga.name}`;
    case 'local':
    case 'call':
      return step.kind;
    case 'sleep':
      return `sleep ${durationText(step.durationMs)}`;
    case 'wait':
      return waitWords(step);
    default:
      return step satisfies never;
  }
}

function waitWords({ timeoutMs, onTimeout }: WaitStepDefinition): string {
  return timeoutMs === null ? 'wait for ever' : `wait ${durationText(timeoutMs)}, or ${onTimeout}`;
}

/** How a step is undone: a command's name, `a function`, `nothing to undo`; `undefined` where the question does not arise. */
export function undoWords(step: StepDefinition): string | undefined {
  if (step.phase !== 'compensatable' || step.kind === 'sleep' || step.kind === 'wait') return undefined;
  if (step.kind === 'child') return 'by itself';
  if (step.compensate === null) return 'nothing to undo';
  return typeof step.compensate === 'function' ? 'a function' : step.compensate.command.name;
}

/** Whether it has a way back that is drawn. */
export function isUndone({ kind, phase, compensate }: StepDefinition): boolean {
  return compensate !== null || (kind === 'child' && phase === 'compensatable');
}
