import type { Lane } from '@backstitch/outbox';
import type { MysqlSql } from '../mysql-database.js';
import { laneDigest } from './born-rows.js';
import { numberList } from './literal.js';

/** As the migration made them; slot 0 is the claim's turn. Two lanes of one slot wait for each other, which costs time only. */
const slotCount = 512;

/** In one order for everybody: transactions that publish to several lanes would deadlock otherwise. */
export async function lockLanes(sql: MysqlSql, lanes: readonly Lane[], locks: string): Promise<void> {
  if (lanes.length === 0) return;
  const slots = new Set(lanes.map((lane) => 1 + (Number.parseInt(laneDigest(lane).slice(0, 8), 16) % slotCount)));
  await sql.query(`select slot from ${locks} where slot in (${numberList([...slots])}) order by slot for update`);
}
