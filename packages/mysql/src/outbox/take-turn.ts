import type { MysqlSql } from '../mysql-database.js';

/** Between the statements of a claim nothing is waited for; a process that is silent for so long hangs. */
const longestIdleSeconds = 5;

/**
 * Runs the work where nobody else claims at this moment, otherwise answers null. Two claimers would each take half of a lane. The turn is a
 * row's lock, so that it ends with the transaction; tried, not waited for, because whoever has it takes the rows anyway.
 *
 * A claimer that hangs before its COMMIT (SIGSTOP, a frozen machine) keeps the turn, and nobody else could ever claim: so the server ends a
 * session that says nothing. What it would have taken is nobody's yet.
 */
export async function takeTurn<T>(sql: MysqlSql, locks: string, work: () => Promise<T>): Promise<T | null> {
  const { rows } = await sql.query(`select slot from ${locks} where slot = 0 for update skip locked`);
  if (rows.length === 0) return null;
  await sql.query(
    `set @backstitch_wait_timeout = @@session.wait_timeout, session wait_timeout = ${longestIdleSeconds}`,
  );
  try {
    return await work();
  } finally {
    // Where the session is gone, so is what was set for it; and the work's own error says more.
    await sql.query('set session wait_timeout = @backstitch_wait_timeout').catch(() => undefined);
  }
}
