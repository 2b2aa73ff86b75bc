import { commandTopic } from '@backstitch/saga-core';
import type { World } from '../world.js';
import type { ToldInstance } from './told-instance.js';

interface OutboxRow {
  readonly id: string;
  readonly status: string;
  readonly aggregateId: string;
  readonly payload: string;
}

/** What the topics and the outboxes tell when all is at rest. */
export function recordFaults(world: World, told: readonly ToldInstance[]): readonly string[] {
  return [
    ...commandFaults(world, told),
    ...laneFaults(world),
    ...outboxFaults(world),
    ...replyFaults(world),
    ...offsetFaults(world),
  ];
}

/** 4 and 26: every command belongs to an instance, and is sent no more often than its policy allows. */
function commandFaults(world: World, told: readonly ToldInstance[]): readonly string[] {
  const known = new Set(told.map(({ row }) => row.id));
  const found: string[] = [];
  for (const participant of world.participantGrounds.keys()) {
    for (const { key, value } of world.broker.topics().get(commandTopic(participant)) ?? []) {
      if (!known.has(key ?? '')) found.push(`4: a command to ${participant} belongs to no instance`);
      const { attempt } = JSON.parse(value ?? '{}') as { attempt?: number };
      if ((attempt ?? 0) > 1) world.sightings.saw('a command was sent again');
    }
  }
  return found;
}

/**
 * 20: the first publications of a lane keep the order in which they were committed. A command sent again is the same message: where its first attempt
 * was published, a later one may come behind what the answer to the first led to.
 */
function laneFaults(world: World): readonly string[] {
  // A broker that loses what it acknowledged loses the order with it: the same record may be written behind the one that followed it.
  if ((world.plan().broker.lossAfterAckChance ?? 0) > 0) return [];
  const order = world.watch.order();
  const found: string[] = [];
  for (const [topic, records] of world.broker.topics()) {
    const last = new Map<string, number>();
    const seen = new Set<string>();
    for (const { key, value } of records) {
      const place = order.get(value ?? '');
      const message = messageOf(topic, value ?? '', world);
      if (place === undefined || seen.has(message)) continue;
      seen.add(message);
      if (place < (last.get(key ?? '') ?? -1)) found.push(`20: the lane ${topic} ${key} was published out of order`);
      last.set(key ?? '', Math.max(place, last.get(key ?? '') ?? -1));
    }
  }
  return found;
}

/** A command by its id, which all of its attempts share; a reply by its text. */
function messageOf(topic: string, value: string, { participantGrounds }: World): string {
  const isCommand = [...participantGrounds.keys()].some((participant) => commandTopic(participant) === topic);
  return (isCommand ? (JSON.parse(value) as { commandid?: string }).commandid : undefined) ?? value;
}

/** 5: at rest nothing waits to be sent, and nothing has failed. */
function outboxFaults(world: World): readonly string[] {
  const grounds = [['engine', world.engineGround] as const, ...world.participantGrounds];
  return grounds.flatMap(([name, { database }]) => {
    const left = database.read((reader) =>
      reader.table<OutboxRow>('outbox_events').where(({ status }) => status !== 'SENT'),
    );
    return left.map(({ aggregateId, status }) => `5: ${aggregateId} is still ${status} in the outbox of ${name}`);
  });
}

/** 5: a reply that is marked as sent is on the broker, unless the broker lost it. */
function replyFaults(world: World): readonly string[] {
  if ((world.plan().broker.lossAfterAckChance ?? 0) > 0) return [];
  const written = new Set([...world.broker.topics().values()].flat().map(({ value }) => value));
  return [...world.participantGrounds].flatMap(([name, { database }]) => {
    const rows = database.read((reader) =>
      reader.table<OutboxRow>('outbox_events').where(({ status }) => status === 'SENT'),
    );
    return rows
      .filter(({ payload }) => !written.has(payload))
      .map(({ aggregateId }) => `5: the reply to ${aggregateId} is marked as sent by ${name} and was not`);
  });
}

/** 27: every record was handled by its group. */
function offsetFaults({ broker }: World): readonly string[] {
  return [...broker.groups()].flatMap(([group, progress]) =>
    progress
      .filter(({ committed, end }) => committed < end)
      .map(({ topic, committed, end }) => `27: ${group} has handled ${committed} of ${end} records of ${topic}`),
  );
}
