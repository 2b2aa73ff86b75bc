import { fenceMutants } from './fence-mutants.js';
import { messageMutants } from './message-mutants.js';
import type { Mutant } from './mutant.js';
import { sagaStoreMutants } from './saga-store-mutants.js';

/** Every one of them has to be found. */
export const mutants: readonly Mutant[] = [...fenceMutants, ...sagaStoreMutants, ...messageMutants];
