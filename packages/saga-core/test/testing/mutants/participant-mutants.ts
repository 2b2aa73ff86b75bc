import { decideFence } from '../../../src/participant/decide-fence.js';
import type { Mutant } from './mutant.js';

/** Faults of the fence, and of an engine that lost its race. */
export const participantMutants: readonly Mutant[] = [
  {
    fault: 'ignores a tombstone',
    withinStates: 2989,
    parts: {
      decideFence: (row, asked) =>
        asked.direction === 'do' && row.status === 'tombstone' ? { kind: 'run' } : decideFence(row, asked),
    },
    killedBy: 'compensated: undone exactly where there was an effect',
  },
  {
    fault: 'runs a copy of a command that has taken effect',
    withinStates: 102,
    parts: {
      decideFence: (row, asked) =>
        asked.direction === 'do' && row.status === 'succeeded' ? { kind: 'run' } : decideFence(row, asked),
    },
    killedBy: 'at most one effect per command id',
  },
  {
    fault: 'runs a copy of a command that it has declined',
    withinStates: 2707,
    parts: {
      decideFence: (row, asked) =>
        asked.direction === 'do' && row.status === 'declined' ? { kind: 'run' } : decideFence(row, asked),
    },
    killedBy: 'what the machine believes of a step is true',
  },
  {
    fault: 'undoes what never took effect',
    withinStates: 1227,
    parts: {
      decideFence: (row, asked) =>
        asked.direction === 'undo' && row.status === 'fresh' ? { kind: 'run' } : decideFence(row, asked),
    },
    killedBy: 'compensated: undone exactly where there was an effect',
  },
  {
    fault: 'undoes a copy again',
    withinStates: 1579,
    parts: {
      decideFence: (row, asked) =>
        asked.direction === 'undo' && row.status === 'undone' ? { kind: 'run' } : decideFence(row, asked),
    },
    killedBy: 'at most one effect per command id',
  },
  {
    fault: 'sends although the version check was lost',
    withinStates: 3070,
    parts: { sentByLostLeg: (sends) => sends },
    killedBy: 'what the machine believes of a step is true',
  },
];
