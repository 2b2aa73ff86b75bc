import type { Knex } from 'knex';

/** Commands that took effect more than once. */
export async function duplicateEffects(participant: Knex): Promise<string[]> {
  const { rows } = await participant.raw<{ rows: { command_id: string; times: number }[] }>(`
    select command_id, count(*)::int as times from effects group by command_id having count(*) > 1 order by command_id`);
  return rows.map(({ command_id, times }) => `${command_id} took effect ${times} times`);
}
