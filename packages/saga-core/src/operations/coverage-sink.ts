import type { SagaDefinition } from '../definition/step-definition.js';
import type { JournalEntry } from '../machine/journal-event.js';

/** Takes in what tests ran. */
export interface CoverageSink {
  add(definition: SagaDefinition, run: { readonly journal: readonly JournalEntry[] }): void;
}

/**
 * Where a test runner's adapter hangs its sink. On the global object, under a registered symbol: a runner may load this module twice, once inlined
 * and once by Node itself, and both are to find the one sink.
 */
const slot = Symbol.for('backstitch.saga-coverage-sink');

interface Slotted {
  [slot]?: CoverageSink | undefined;
}

export function coverageSink(): CoverageSink | undefined {
  return (globalThis as Slotted)[slot];
}

export function setCoverageSink(sink: CoverageSink | undefined): void {
  (globalThis as Slotted)[slot] = sink;
}
