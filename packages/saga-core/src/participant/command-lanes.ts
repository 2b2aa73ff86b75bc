import type { BatchContext, CommandEnvelope } from '@backstitch/messaging';
import { tombstoneCommand } from '../machine/effect.js';
import type { CommandBatcher } from './command-batcher.js';
import type { Participant } from './participant.js';
import type { SideBySide } from './side-by-side.js';

export interface CommandLanesOptions {
  readonly participant: Participant;
  readonly batcher: CommandBatcher;
  readonly sideBySide: SideBySide;
  readonly processOne: (command: CommandEnvelope) => Promise<void>;
}

/** Handles commands so that those of one saga keep their order: the ones of batch handlers together, the others side by side. */
export function createCommandLanes(
  options: CommandLanesOptions,
): (commands: readonly CommandEnvelope[], context: BatchContext) => Promise<void> {
  const { participant, batcher, sideBySide, processOne } = options;
  const isBatched = batchedCommands(participant);

  const oneByOne = async (commands: readonly CommandEnvelope[], context: BatchContext): Promise<void> => {
    const lanes = lanesOf(commands);
    await sideBySide.run(
      lanes.map((lane) => async () => {
        for (const command of lane) {
          // Taken away from this process: whoever has the partition now handles the rest.
          context.signal.throwIfAborted();
          await processOne(command);
        }
        await context.heartbeat();
      }),
    );
  };

  return async (commands, context) => {
    let left = commands;
    // Turns of one kind: a saga's command of the other kind waits for its next turn, and what is behind it in that saga, too.
    for (let batched = true; left.length > 0; batched = !batched) {
      const { taken, rest } = leading(left, (command) => isBatched(command) === batched);
      left = rest;
      if (taken.length === 0) continue;
      if (!batched) await oneByOne(taken, context);
      else if ((await batcher.handle(taken, context.signal)) === 'apart') await oneByOne(taken, context);
      await context.heartbeat();
    }
  };
}

/** A tombstone has no handler, and goes with the batches where there are any. */
function batchedCommands({ handlers }: Participant): (command: CommandEnvelope) => boolean {
  const names = new Set([...handlers].filter(([, { handleBatch }]) => handleBatch !== undefined).map(([name]) => name));
  if (names.size > 0) names.add(tombstoneCommand);
  return ({ command }) => names.has(command);
}

/** What fits at the head of each saga's commands. */
function leading(
  commands: readonly CommandEnvelope[],
  fits: (command: CommandEnvelope) => boolean,
): { readonly taken: readonly CommandEnvelope[]; readonly rest: readonly CommandEnvelope[] } {
  const waiting = new Set<string>();
  const taken: CommandEnvelope[] = [];
  const rest: CommandEnvelope[] = [];
  for (const command of commands) {
    const goes = fits(command) && !waiting.has(command.sagaId);
    if (!goes) waiting.add(command.sagaId);
    (goes ? taken : rest).push(command);
  }
  return { taken, rest };
}

function lanesOf(commands: readonly CommandEnvelope[]): readonly (readonly CommandEnvelope[])[] {
  const lanes = new Map<string, CommandEnvelope[]>();
  for (const command of commands) {
    const lane = lanes.get(command.sagaId);
    if (lane === undefined) lanes.set(command.sagaId, [command]);
    else lane.push(command);
  }
  return [...lanes.values()];
}
