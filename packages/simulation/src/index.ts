export { addUp, type CampaignReport, type FailedSeed, type Kill, killMutant, runSeeds } from './campaign.js';
export type { Mutant, MutantPlace } from './mutants/mutant.js';
export { mutants } from './mutants/mutants.js';
export { type RunOptions, type RunReport, runSeed, runTape } from './run-seed.js';
export { sequenceDiagram } from './sequence-diagram.js';
export { shrinkTape, type ShrinkOptions } from './shrink-tape.js';
export { type Situation, situations } from './sightings.js';
