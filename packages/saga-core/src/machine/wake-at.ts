import type { InstanceState } from './instance.js';
import { isTerminal } from './instance.js';

/** A wait without an end is looked at again this often: liveness is a constraint, not a hope. */
export const recheckMs = 3_600_000;

/** When the instance must next be looked at, in ms of the database's clock; `null` where only a person or nothing can move it. */
export function wakeAt(state: InstanceState, now: number): number | null {
  if (isTerminal(state.status) || state.status === 'parked' || state.pausedAt !== undefined) return null;
  const times: number[] = state.goesOnAt === undefined ? [] : [state.goesOnAt];
  if (state.deadlineAt !== undefined && state.status === 'running' && state.cancel === undefined)
    times.push(state.deadlineAt);
  if (state.locks?.status === 'waiting') {
    times.push(state.locks.lookAt ?? now);
    if (state.locks.deadlineAt !== undefined) times.push(state.locks.deadlineAt);
  }
  for (const { pace } of Object.values(state.steps)) {
    if (pace?.deadlineAt !== undefined) times.push(pace.deadlineAt);
    if (pace?.retryAt !== undefined) times.push(pace.retryAt);
  }
  return times.length === 0 ? now + recheckMs : Math.min(...times);
}
