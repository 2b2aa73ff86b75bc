import type { OutboundRecord, SendRefusal, SendResult } from '@backstitch/messaging';

/** One record on its way. */
export interface SendEntry {
  readonly record: OutboundRecord;
  /** (topic, key). */
  readonly lane: string;
  readonly call: SendCall;
  readonly index: number;
}

/** One `send` with the results that it has so far. */
export interface SendCall {
  readonly entries: readonly SendEntry[];
  sent(entry: SendEntry): void;
  /** The first refusal of a lane refuses; records after it in this call are held. */
  refused(entry: SendEntry, code: SendRefusal, message: string): void;
  /** True, and the record is settled as held, where an earlier record of its lane in this call was refused. */
  heldBack(entry: SendEntry): boolean;
  /** One result a record, or undefined while any is missing. */
  results(): readonly SendResult[] | undefined;
}

export function createSendCall(records: readonly OutboundRecord[]): SendCall {
  const results = new Array<SendResult | undefined>(records.length);
  const firstRefusal = new Map<string, number>();
  const call: SendCall = {
    entries: records.map((record, index): SendEntry => {
      const { topic, key } = record;
      return {
        record,
        lane: `${topic}\u0000${key}`,
        index,
        get call() {
          return call;
        },
      };
    }),
    sent(entry) {
      results[entry.index] = { kind: 'sent' };
    },
    refused(entry, code, message) {
      if (call.heldBack(entry)) return;
      firstRefusal.set(entry.lane, entry.index);
      results[entry.index] = { kind: 'refused', code, message };
    },
    heldBack(entry) {
      // Compared by place, because a record may be refused before an earlier one of its lane was sent.
      if (entry.index <= (firstRefusal.get(entry.lane) ?? entry.index)) return false;
      results[entry.index] = { kind: 'held' };
      return true;
    },
    results() {
      const known = results.filter((result) => result !== undefined);
      return known.length === records.length ? known : undefined;
    },
  };
  return call;
}
