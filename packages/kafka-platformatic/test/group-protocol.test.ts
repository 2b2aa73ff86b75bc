import kafkajs from 'kafkajs';
import { describe, expect, it } from 'vitest';
import { decodeAssignment, decodeSubscription, encodeAssignment, encodeSubscription } from '../src/group-protocol.js';

const { MemberAssignment, MemberMetadata } = kafkajs.AssignerProtocol;
const userData = Buffer.alloc(0);

describe('what members of a group tell each other', () => {
  it('is written as kafkajs writes it', () => {
    const topics = ['orders', 'Zahlungen-ä', ''];
    expect(encodeSubscription(topics)).toEqual(MemberMetadata.encode({ version: 1, topics, userData }));
    const assignment = { orders: [0, 2, 5], payments: [] };
    expect(encodeAssignment(assignment)).toEqual(MemberAssignment.encode({ version: 1, assignment, userData }));
  });

  it('is read back, and read as kafkajs reads it', () => {
    expect(decodeSubscription(encodeSubscription(['a', 'ä']))).toEqual(['a', 'ä']);
    expect(MemberMetadata.decode(encodeSubscription(['a', 'ä']))?.topics).toEqual(['a', 'ä']);
    expect(decodeAssignment(encodeAssignment({ orders: [1, 0], other: [7] }))).toEqual([
      { topic: 'orders', partition: 1 },
      { topic: 'orders', partition: 0 },
      { topic: 'other', partition: 7 },
    ]);
  });

  it('may be nothing at all: a member beyond the last partition gets no bytes', () => {
    expect(decodeAssignment(Buffer.alloc(0))).toEqual([]);
    expect(decodeSubscription(null)).toEqual([]);
  });

  it('ends where its bytes end, whatever they announce', () => {
    const lies = Buffer.concat([
      encodeSubscription(['orders']).subarray(0, 2),
      Buffer.from([0x7f, 0xff, 0xff, 0xff, 0, 1, 0x61]),
    ]);
    expect(decodeSubscription(lies)[0]).toBe('a');
    expect(decodeAssignment(lies).length).toBeLessThan(10);
  });
});
