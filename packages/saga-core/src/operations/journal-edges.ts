import type { SagaDefinition, StepDefinition } from '../definition/step-definition.js';
import type { JournalEntry, JournalEvent } from '../machine/journal-event.js';
import { splitKey } from '../machine/unit.js';
import type { CoverageEdge, CoverageOutcome } from './coverage-edge.js';

/** The edges that an instance took, in the order of its journal. Steps that the definition does not have are passed over. */
export function journalEdges(definition: SagaDefinition, journal: readonly JournalEntry[]): readonly CoverageEdge[] {
  const unknown = new Set<string>();
  const undoing = new Map<string, CoverageOutcome>();
  const edges: CoverageEdge[] = [];
  for (const entry of journal) {
    for (const event of entry.events) {
      if (event.kind === 'stepUnknown') unknown.add(event.step);
      if (event.kind === 'undoDispatched')
        undoing.set(event.step, unknown.has(event.step) ? 'after unknown' : 'after success');
      if (!('step' in event) || event.step === undefined) continue;
      // The edges of a list are those of its items.
      const step = definition.steps.get(splitKey(event.step).step);
      if (step === undefined || (step.kind === 'each' && event.step === step.name && event.kind !== 'stepSkipped'))
        continue;
      const outcome = event.kind === 'stepCompensated' ? undoing.get(event.step) : outcomeOf(event, entry, step);
      const direction = event.kind === 'stepCompensated' ? 'undo' : 'do';
      if (outcome !== undefined) edges.push({ step: step.name, direction, outcome });
    }
  }
  return edges;
}

function outcomeOf(event: JournalEvent, entry: JournalEntry, step: StepDefinition): CoverageOutcome | undefined {
  switch (event.kind) {
    case 'stepSucceeded':
      return step.kind === 'wait' && endedByTime(entry, step.name) ? 'timed out' : 'succeeded';
    case 'stepDeclined':
      return step.kind === 'wait' ? 'timed out' : 'declined';
    case 'stepUnknown':
      return 'unknown';
    case 'stepSkipped':
      return event.why === 'when' ? 'skipped' : undefined;
    case 'sagaParked':
      return step.kind === 'wait' && event.code === 'SIGNAL_TIMED_OUT' ? 'timed out' : undefined;
    default:
      return undefined;
  }
}

/** A wait that began in the same entry had its signal already: time had passed for the step before it. */
function endedByTime({ cause, events }: JournalEntry, name: string): boolean {
  return (
    cause.kind === 'deadlineReached' && !events.some((event) => event.kind === 'stepDispatched' && event.step === name)
  );
}
