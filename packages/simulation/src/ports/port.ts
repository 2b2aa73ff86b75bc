import type { Choices } from '../choices.js';
import type { FaultPlan } from '../fault-plan.js';
import type { ProcessLife } from '../process-life.js';
import type { Sightings } from '../sightings.js';
import { connectionLost } from './failures.js';

/** What every port of one process needs of the world. */
export interface Port {
  readonly life: ProcessLife;
  readonly choices: Choices;
  readonly sightings: Sightings;
  /** What goes wrong at present; nothing once the world has healed. */
  plan(): FaultPlan & { readonly isOn: boolean };
  /** Runs once the process is frozen. */
  onFreeze(run: () => void): void;
}

/** One read over a connection of its own. */
export async function readOver<T>({ life, plan, choices }: Port, label: string, read: () => Promise<T>): Promise<T> {
  await life.gate(label);
  if (plan().isOn && choices.chance(plan().statementLostChance)) throw connectionLost();
  return await read();
}
