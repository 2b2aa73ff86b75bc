import {
  decodeCommand,
  encodeReply,
  envelopeContentType,
  type Subscription,
  type Transport,
} from '@backstitch/messaging';
import { stepResult } from './workloads.js';

/**
 * Answers every command at once and remembers nothing: what is measured beside it is the orchestrator's half alone. A participant of the library
 * has its own costs, and its own measurement.
 */
export function echoParticipant(transport: Transport, topic: string): Promise<Subscription> {
  return transport.subscribe({
    group: 'warehouse',
    topics: [topic],
    async handle({ records }) {
      const time = new Date().toISOString();
      const replies = records.flatMap(({ value }) => {
        const decoded = decodeCommand(value);
        if (decoded.kind === 'invalid') return [];
        const { data: _, firstSentAt: _sent, replyTopic, isDone: _done, ...command } = decoded.envelope;
        const dataJson = command.direction === 'do' ? JSON.stringify(stepResult(command.sagaId)) : 'null';
        const reply = encodeReply({ ...command, source: 'warehouse', time, outcome: 'succeeded', dataJson });
        const headers = { 'content-type': envelopeContentType };
        return [{ topic: replyTopic, key: command.sagaId, value: reply, headers }];
      });
      await transport.send(replies);
    },
  });
}
