/** The rows of the decision table, in the design's own words. A proof names the row that it proves. */
export interface DesignRow {
  readonly where: string;
  readonly event: string;
  readonly happens: string;
}

function row(where: string, event: string, happens: string): DesignRow {
  return { where, event, happens };
}

export const designRows = {
  succeeded: row('waiting forward', 'succeeded, any attempt of this round', 'advance'),
  declined: row('waiting forward', 'declined (it has a fence row: definite)', 'compensate what succeeded'),
  attemptsLeft: row('waiting forward', 'failed or timeout, attempts left', 'the same command again after backoff'),
  usedUp: row(
    'waiting forward',
    'attempts used up, whether failed or timeout',
    'no earlier attempt can be proven dead: the step is unknown and is undone too; its tombstone kills every copy still in flight',
  ),
  unsent: row(
    'waiting forward',
    'deadline, but the command is still unsent in the outbox',
    "no attempt spent, no second row, the deadline moves; the saga's own deadline still rules",
  ),
  brokenContract: row(
    'waiting forward',
    'succeeded, but the body breaks its contract',
    'the effect happened: parked, the reply kept as evidence',
  ),
  withdrawn: row(
    'compensating begins',
    'a forward command still unsent and unclaimed',
    'withdrawn in the same transaction, the step is skipped; otherwise the undo follows it in the same lane',
  ),
  pivotDeclined: row('waiting for the pivot', 'declined', 'compensate what came before'),
  pivotFails: row(
    'waiting for the pivot',
    'failed, timeout',
    'again with capped backoff, for ever or until parked; never compensated while unknown',
  ),
  pivotCancel: row(
    'waiting for the pivot',
    'cancel or compensate asked',
    'recorded; applied if it declines, refused if it succeeds',
  ),
  afterPivot: row('after the pivot', "declined, or the policy's end", 'parked'),
  siblings: row(
    'parallel, one branch declined or used up',
    'siblings dispatched',
    'siblings become unknown, their undos go out at once, the fence settles; unsent ones are withdrawn',
  ),
  lateSuccess: row('unknown, undo sent', 'late success', 'recorded; the undo and the fence settle it'),
  contradiction: row('declined', 'late success of the same round', 'contradiction: parked, alert'),
  finished: row(
    'finished, or another round, step or epoch',
    'reply, timer, signal',
    'counted no-op, never an exception',
  ),
  parkedReply: row('parked', 'reply for the parked step', 'kept as evidence'),
  parkedCancel: row('parked, before the pivot', 'cancel, compensate', 'allowed; the parked step counts as unknown'),
  pausedDeadline: row('paused', 'deadlines', 'stopped; they resume with the rest'),
  pausedReply: row('paused', 'reply, signal', 'applied to the state; effects held back'),
  cancel: row(
    'running, before a committed pivot',
    'cancel',
    'dispatched steps become unknown, compensate; after the pivot: refused; while compensating: no-op',
  ),
  unknownReply: row(
    'instance unknown here',
    'reply',
    'quarantined with an alert (a command is visible only after its instance committed)',
  ),
  unknownSignal: row(
    'instance unknown here',
    'signal',
    'kept with a TTL, then quarantined; a signal has an id, once per instance',
  ),
  round: row(
    "an operator's retry",
    'the previous round is settled, or is not',
    'the round rises only when it is settled (declined, compensated, tombstoned); otherwise the same command again',
  ),
  journalFull: row('anywhere', 'the journal holds 10,000 entries', 'the instance is parked'),
} as const;
