import { afterAll } from 'vitest';
import { setCoverageSink } from '../operations/coverage-sink.js';
import { mergeTallies, type SagaTally, tallyOf } from '../operations/coverage-tally.js';
import type { CoverageMeta } from './coverage-meta.js';

// Run before each test file, also where files share a process: what was counted belongs to this one.
let tallies: readonly SagaTally[] = [];
setCoverageSink({
  add(definition, { journal }) {
    tallies = mergeTallies([...tallies, tallyOf(definition, journal)]);
  },
});

// The first hook to be registered is the last to run: engines that the file closes in hooks of its own are counted too.
// biome-ignore lint/correctness/noEmptyPattern: vitest reads the first parameter's text, and refuses any but a pattern.
afterAll(({}, file) => {
  (file.meta as CoverageMeta).backstitchSagaCoverage = tallies;
});
