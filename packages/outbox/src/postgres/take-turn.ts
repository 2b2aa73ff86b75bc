/**
 * The statement before a claim. Answers `mine`: whether this transaction has the turn. `$1` names the queue.
 *
 * A queue's statistics are always old. So in this transaction the planner may not read and sort all unsent rows, or the table, where the index
 * has the first of them in order. Said in the same round trip; `true` makes it `set local`.
 */
export const takeTurn = `
select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as mine, set_config('enable_bitmapscan', 'off', true),
       set_config('enable_seqscan', 'off', true)`;
