import { MessagingError } from '../errors.js';

/** What may go wrong in the in-memory broker, by chance and by seed. Every chance lies in [0, 1) and is 0 unless given. */
export interface BrokerFaults {
  /**
   * A record is lost although `send` answered `sent`. This breaks the at-least-once promise of the port on purpose, for tests of what
   * lies behind it (timeouts, resends). No real broker with acks=all does it.
   */
  readonly lossAfterAckChance?: number;
  /** A record is written a second time, as by a producer that did not hear the answer. */
  readonly duplicateChance?: number;
  /** The copy arrives up to this many milliseconds after the first. Default 0: directly behind it. */
  readonly duplicateWithinMs?: number;
  /** A record, and with it all that follow in its partition, becomes readable late. */
  readonly delayChance?: number;
  /** The longest such delay in milliseconds. Default 100. */
  readonly delayUpToMs?: number;
  /** The lanes of one `send` are written in another order among themselves. Within a lane the order stays. */
  readonly reorderLanesChance?: number;
  /** `send` rejects with TransportUnavailableError; in half of the cases the records were written all the same. */
  readonly sendFailureChance?: number;
  /** The commit of a handled batch is lost, so that the batch comes again. */
  readonly commitLossChance?: number;
}

const chanceNames = [
  'lossAfterAckChance',
  'duplicateChance',
  'delayChance',
  'reorderLanesChance',
  'sendFailureChance',
  'commitLossChance',
] as const;
const durationNames = ['duplicateWithinMs', 'delayUpToMs'] as const;

/** Fills in the defaults; throws OPTIONS_INVALID with the field, the value found and what to do. */
export function brokerFaults(given: BrokerFaults = {}): Required<BrokerFaults> {
  const faults = {
    lossAfterAckChance: 0,
    duplicateChance: 0,
    duplicateWithinMs: 0,
    delayChance: 0,
    delayUpToMs: 100,
    reorderLanesChance: 0,
    sendFailureChance: 0,
    commitLossChance: 0,
    ...given,
  };
  for (const name of chanceNames) {
    // With a chance of 1 nothing would ever get through, and a test would wait for ever.
    if (!(faults[name] >= 0 && faults[name] < 1)) throw invalid(name, faults[name], 'Give a number from 0 to below 1.');
  }
  for (const name of durationNames) {
    if (!(faults[name] >= 0 && Number.isFinite(faults[name])))
      throw invalid(name, faults[name], 'Give milliseconds, 0 or more.');
  }
  return faults;
}

function invalid(field: string, found: unknown, hint: string): MessagingError {
  return new MessagingError('OPTIONS_INVALID', `faults.${field} is ${String(found)}`, {
    fields: { field: `faults.${field}`, found },
    hint,
  });
}
