import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { addUp, type CampaignReport, type Kill } from './campaign.js';
import { mutants } from './mutants/mutants.js';

/** What one thread is asked to do. */
export interface Task {
  readonly from: number;
  readonly count: number;
  /** The fault of a mutant: then the seeds are run with it until one finds it. */
  readonly mutant?: string;
  readonly atMost: number;
}

/** Small enough that the threads end together, large enough that beginning one does not show. */
const seedsEach = 1_000;

/** Runs the seeds on all processors. `onPart` hears of each part. */
export async function runCampaign(
  from: number,
  count: number,
  onPart: (sum: CampaignReport) => void,
): Promise<CampaignReport> {
  let sum: CampaignReport = { seeds: 0, steps: 0, deeds: 0, failed: [], sightings: {} };
  const tasks: Task[] = [];
  for (let at = from; at < from + count; at += seedsEach)
    tasks.push({ from: at, count: Math.min(seedsEach, from + count - at), atMost: 0 });
  await inThreads(tasks, (part: CampaignReport) => {
    sum = addUp(sum, part);
    onPart(sum);
  });
  return sum;
}

/** Runs each mutant until a seed finds it. */
export async function killMutants(atMost: number, onKill: (kill: Kill) => void): Promise<readonly Kill[]> {
  const kills: Kill[] = [];
  await inThreads(
    mutants.map(({ fault }) => ({ from: 1, count: 0, mutant: fault, atMost })),
    (kill: Kill) => {
      kills.push(kill);
      onKill(kill);
    },
  );
  return kills;
}

async function inThreads<Answer>(tasks: readonly Task[], onAnswer: (answer: Answer) => void): Promise<void> {
  const left = [...tasks];
  const thread = async (): Promise<void> => {
    for (let task = left.shift(); task !== undefined; task = left.shift()) onAnswer(await inThread<Answer>(task));
  };
  await Promise.all(Array.from({ length: Math.min(left.length, availableParallelism()) }, thread));
}

function inThread<Answer>(task: Task): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./campaign-worker.js', import.meta.url), { workerData: task });
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => reject(new Error(`the thread for seed ${task.from} ended with code ${code}`)));
  });
}
