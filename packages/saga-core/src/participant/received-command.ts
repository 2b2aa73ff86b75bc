import { type AnyCommand, type CommandEnvelope, validate } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import { contractBroken } from './contract-answer.js';
import type { HandledCommand } from './handler.js';
import type { BoundHandler, Participant } from './participant.js';

/** Throws `COMMAND_INVALID` where the participant has no such command. */
export function handlerOf(participant: Participant, { command }: CommandEnvelope): BoundHandler {
  const found = participant.handlers.get(command);
  if (found !== undefined) return found;
  throw new SagaError('COMMAND_INVALID', `participant '${participant.name}' has no command '${command}'`, {
    fields: { participant: participant.name, command, known: [...participant.handlers.keys()] },
    hint: 'deploy a participant whose contract has this command before the orchestrator that sends it',
  });
}

/** The command as its handler sees it. Throws `CONTRACT_BROKEN` where its payload is not what the contract says. */
export function receivedCommand(contract: AnyCommand, command: CommandEnvelope): HandledCommand<AnyCommand> {
  const checked = validate(contract.spec.request, command.data);
  if (checked.kind === 'invalid') throw contractBroken(`the request of '${contract.name}'`, checked.violations);
  const { commandId, sagaId, saga, step, item, attempt } = command;
  return { id: commandId, sagaId, saga, step, item, attempt, payload: checked.value };
}
