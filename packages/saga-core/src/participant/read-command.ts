import { type CommandEnvelope, decodeCommand, type InboundRecord } from '@backstitch/messaging';
import { replyTopic } from '../exchange/topic-names.js';

export type ReadCommand =
  | { readonly kind: 'command'; readonly command: CommandEnvelope }
  | { readonly kind: 'refused'; readonly reason: string };

/** A command is answered only where an orchestrator that this participant knows would listen: a forged one must not choose where it writes. */
export function readCommand(
  record: InboundRecord,
  about: { readonly participant: string; readonly orchestrators: ReadonlySet<string> },
): ReadCommand {
  if (record.poison !== undefined) return { kind: 'refused', reason: record.poison };
  const decoded = decodeCommand(record.value);
  if (decoded.kind === 'invalid') return { kind: 'refused', reason: decoded.reason };
  const { envelope: command } = decoded;
  if (!about.orchestrators.has(command.source))
    return { kind: 'refused', reason: `orchestrator '${command.source}' is not allowed here` };
  if (command.replyTopic !== replyTopic(command.source, about.participant)) {
    return {
      kind: 'refused',
      reason: `reply topic '${command.replyTopic}' is not that of orchestrator '${command.source}'`,
    };
  }
  return { kind: 'command', command };
}
