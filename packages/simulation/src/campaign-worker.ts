import { parentPort, workerData } from 'node:worker_threads';
import { killMutant, runSeeds } from './campaign.js';
import { mutants } from './mutants/mutants.js';
import type { Task } from './campaign-threads.js';

const { from, count, mutant, atMost } = workerData as Task;
const found = mutants.find(({ fault }) => fault === mutant);
parentPort?.postMessage(found === undefined ? await runSeeds(from, count) : await killMutant(found, atMost));
