import type { Knex } from 'knex';

interface Unsent {
  readonly status: string;
  readonly topic: string;
  readonly count: number | string;
}

/** Messages of a service that wait to be sent, or never will be. */
export async function unsentMessages(service: Knex): Promise<string[]> {
  const table = isMysql(service) ? 'backstitch_outbox_events' : 'backstitch.outbox_events';
  const rows = await service<Unsent>(table)
    .whereNot({ status: 'SENT' })
    .groupBy('status', 'topic')
    .orderBy(['status', 'topic'])
    .select('status', 'topic')
    .count({ count: '*' });
  return (rows as readonly Unsent[]).map(({ status, topic, count }) => `${count} messages to ${topic} are ${status}`);
}

function isMysql(service: Knex): boolean {
  return (service.client as { driverName?: string }).driverName === 'mysql2';
}
