import {
  decodeCommand,
  decodeReply,
  type OutboundRecord,
  type SendResult,
  type Transport,
} from '@backstitch/messaging';
import type { InMemoryBroker } from '@backstitch/messaging/testing';

/**
 * What becomes of a message between an outbox and the broker: it `passes`, is `lost` behind an acknowledgement, `kept` somewhere on the way until it is
 * released, `refused` by the broker, or its send `hangs` until it is released.
 */
export type Passage = 'passes' | 'lost' | 'kept' | 'refused' | 'hangs';

/** By message, as `hold do` or `hold do answer`: the passage of the first, the second, …; those beyond the list pass. */
export type Passages = Readonly<Record<string, readonly Passage[]>>;

/** The network between the services and their broker, under the test's hand. */
export interface Wire {
  /** The same transport, through which messages go as planned. */
  through(transport: Transport): Transport;
  plan(sagaId: string, passages: Passages): void;
  /** What the relays sent about an instance, in order, whatever became of it: `hold do#1`, `hold do answer#1`. */
  sendings(sagaId: string): readonly string[];
  /** The commands and replies as they were sent. */
  messages(sagaId: string, name: string): readonly OutboundRecord[];
  /** What was kept arrives now, so often; what hangs goes on. */
  release(sagaId: string, name: string, times?: number): void;
}

interface Message {
  readonly sagaId: string;
  readonly name: string;
  readonly attempt: number;
}

interface Traffic {
  readonly planned: Map<string, Passage[]>;
  readonly sent: { readonly message: Message; readonly record: OutboundRecord; readonly passage: Passage }[];
  readonly hanging: Map<string, () => void>;
}

export function createWire(broker: InMemoryBroker): Wire {
  const traffic: Traffic = { planned: new Map(), sent: [], hanging: new Map() };
  const about = (sagaId: string, name: string) =>
    traffic.sent.filter(({ message }) => message.sagaId === sagaId && message.name === name);
  return {
    through: (transport) => ({ ...transport, send: (records) => sendThrough(traffic, transport, records) }),
    plan(sagaId, passages) {
      for (const [name, list] of Object.entries(passages)) traffic.planned.set(`${sagaId} ${name}`, [...list]);
    },
    sendings: (sagaId) =>
      traffic.sent
        .filter(({ message }) => message.sagaId === sagaId)
        .map(({ message: { name, attempt } }) => `${name}#${attempt}`),
    messages: (sagaId, name) => about(sagaId, name).map(({ record }) => record),
    release(sagaId, name, times = 1) {
      const kept = about(sagaId, name).filter(({ passage }) => passage === 'kept');
      const hanging = traffic.hanging.get(`${sagaId} ${name}`);
      if (kept.length === 0 && hanging === undefined) throw new Error(`nothing of '${name}' is on the way`);
      for (let time = 0; time < times; time += 1) for (const { record } of kept) broker.write(record);
      hanging?.();
    },
  };
}

async function sendThrough(
  traffic: Traffic,
  transport: Transport,
  records: readonly OutboundRecord[],
): Promise<readonly SendResult[]> {
  const refusedLanes = new Set<string>();
  const passing: OutboundRecord[] = [];
  const results = new Map<OutboundRecord, SendResult>();
  for (const record of records) {
    const lane = `${record.topic} ${record.key}`;
    if (refusedLanes.has(lane)) {
      results.set(record, { kind: 'held' });
      continue;
    }
    const message = messageIn(record);
    const passage = message === undefined ? 'passes' : passageOf(traffic, message, record);
    if (message !== undefined && passage === 'hangs')
      await new Promise<void>((resolve) => traffic.hanging.set(`${message.sagaId} ${message.name}`, resolve));
    if (passage === 'refused') {
      refusedLanes.add(lane);
      results.set(record, { kind: 'refused', code: 'RECORD_TOO_LARGE', message: 'refused by the test' });
    } else if (passage === 'lost' || passage === 'kept') results.set(record, { kind: 'sent' });
    else passing.push(record);
  }
  const sent = passing.length === 0 ? [] : await transport.send(passing);
  for (const [index, record] of passing.entries()) results.set(record, sent[index] ?? { kind: 'held' });
  return records.map((record) => results.get(record) ?? { kind: 'held' });
}

function passageOf(traffic: Traffic, message: Message, record: OutboundRecord): Passage {
  const passage = traffic.planned.get(`${message.sagaId} ${message.name}`)?.shift() ?? 'passes';
  traffic.sent.push({ message, record, passage });
  return passage;
}

/** Nothing where it is no saga's message: a dead letter, for example. */
function messageIn({ value }: OutboundRecord): Message | undefined {
  const command = decodeCommand(value);
  if (command.kind === 'ok') return messageOf(command.envelope, '');
  const reply = decodeReply(value);
  return reply.kind === 'ok' ? messageOf(reply.envelope, ' answer') : undefined;
}

function messageOf(
  { sagaId, step, direction, attempt }: { sagaId: string; step: string; direction: string; attempt: number },
  suffix: string,
): Message {
  return { sagaId, name: `${step} ${direction}${suffix}`, attempt };
}
