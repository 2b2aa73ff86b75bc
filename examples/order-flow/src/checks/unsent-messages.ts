import type { Knex } from 'knex';

/** Messages of a service that wait to be sent, or never will be. */
export async function unsentMessages(service: Knex): Promise<string[]> {
  const { rows } = await service.raw<{ rows: { status: string; topic: string; count: number }[] }>(`
    select status, topic, count(*)::int as count from backstitch.outbox_events where status <> 'SENT' group by 1, 2 order by 1, 2`);
  return rows.map(({ status, topic, count }) => `${count} messages to ${topic} are ${status}`);
}
