/** Rare situations that a campaign has to have met: what never occurred was not tested (Antithesis calls them sometimes-assertions). */
export const situations = [
  'a process died at a port call',
  'a process died between its commit and what follows',
  'a process stood still beyond its leases',
  'a clock jumped',
  'a commit was not heard and had happened',
  'a commit failed and nothing had happened',
  'a transaction met a serialization failure',
  'the broker was gone',
  'a partition changed hands while its handler ran',
  'somebody lost the race for an instance',
  'a duplicate command was answered from the fence',
  'an undo overtook its do and left a tombstone',
  'a late do met a tombstone',
  'a late reply came after the end',
  'a step ended unknown and was undone',
  'a command was taken back unsent',
  'a lease ran out and another relay took the row',
  'a settlement came after its lease',
  'a reply of an earlier attempt was stale',
  'a command was sent again',
  'a start was repeated with its key',
  'a start in a transaction that rolled back left nothing',
  'a saga was cancelled while it ran',
  'a cancel was refused after the pivot',
  'a saga was paused and resumed',
  'a parked saga was mended',
  'a signal came before its step',
  'a wait timed out',
  'a command was accepted and answered later',
  'an accepted command was undone',
  'a call was made again after its lease',
  'a child was undone after it had completed',
  'a lock was waited for and freed',
  'a reply waited for a process that knows its version',
  'a forged reply was put aside',
  'a record came again long after',
  'an instance was carried over to another version',
] as const;

export type Situation = (typeof situations)[number];

/** Which of them occurred, and how often. */
export interface Sightings {
  saw(situation: Situation): void;
  counts(): ReadonlyMap<Situation, number>;
}

export function createSightings(): Sightings {
  const counts = new Map<Situation, number>();
  return {
    saw: (situation) => void counts.set(situation, (counts.get(situation) ?? 0) + 1),
    counts: () => counts,
  };
}
