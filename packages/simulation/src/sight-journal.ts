import type { ToldInstance } from './invariants/told-instance.js';
import type { World } from './world.js';

/** Rare situations that stand in an instance's journal. */
export function sightJournal({ row, events, journal }: ToldInstance, { sightings, outside }: World): void {
  const has = (kind: string): boolean => events.some((event) => event.kind === kind);
  if (
    events.some(
      (event, at) =>
        event.kind === 'stepUnknown' &&
        events.slice(at).some((later) => later.kind === 'stepCompensated' && later.step === event.step),
    )
  )
    sightings.saw('a step ended unknown and was undone');
  if (has('signalKept')) sightings.saw('a signal came before its step');
  if (has('locksGranted')) sightings.saw('a lock was waited for and freed');
  if (has('sagaMigrated')) sightings.saw('an instance was carried over to another version');
  if (events.some((event) => 'failure' in event && event.failure?.code === 'SIGNAL_TIMED_OUT'))
    sightings.saw('a wait timed out');
  const completed = events.findIndex(({ kind }) => kind === 'sagaCompleted');
  if (completed !== -1 && events.slice(completed).some(({ kind }) => kind === 'sagaCompensated'))
    sightings.saw('a child was undone after it had completed');
  const wasAsked = journal.some(({ cause }) => cause.kind === 'started');
  if (wasAsked && [...outside.calls()].some(([key, times]) => key.startsWith(row.id) && times > 1))
    sightings.saw('a call was made again after its lease');
}
