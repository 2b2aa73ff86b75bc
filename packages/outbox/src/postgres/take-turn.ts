/** Between the statements of a claim nothing is waited for; a process that is silent for so long hangs. */
const longestIdleMs = 5_000;

/**
 * The statement before a claim. Answers `mine`: whether this transaction has the turn. `$1` names the queue.
 *
 * A queue's statistics are always old. So in this transaction the planner may not read and sort all unsent rows, or the table, where the index
 * has the first of them in order. Said in the same round trip; `true` makes it `set local`. What it may not do it counts as a cost of 10 billion
 * (before Postgres 18), also where a table of no rows has nothing else to be read by: for such a cost it would compile the statement, at each claim, which takes a second.
 *
 * A claimer that hangs before its COMMIT (SIGSTOP, a frozen machine) keeps the turn, and nobody else could ever claim: so the server ends a
 * session that says nothing. What it would have taken is nobody's yet.
 */
export const takeTurn = `
select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as mine, set_config('enable_bitmapscan', 'off', true),
       set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true),
       set_config('idle_in_transaction_session_timeout', '${longestIdleMs}', true)`;
