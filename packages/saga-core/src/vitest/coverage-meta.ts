import type { SagaTally } from '../operations/coverage-tally.js';

/** What a worker attaches to a test file for the reporter. Vitest brings it to the main process. */
export interface CoverageMeta {
  backstitchSagaCoverage?: readonly SagaTally[];
}
