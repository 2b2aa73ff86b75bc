import { createSeededRandom } from '@backstitch/messaging/testing';
import { expect, it } from 'vitest';
import { spreadPartitions } from '../src/spread-partitions.js';

it('gives each member as many partitions as the others, one more at most', () => {
  const members = ['c', 'a', 'b'].map((id) => ({ id, topics: ['orders'] }));
  const spread = spreadPartitions(members, new Map([['orders', [0, 1, 2, 3, 4, 5, 6]]]));
  expect(Object.fromEntries(spread)).toEqual({
    a: { orders: [0, 3, 6] },
    b: { orders: [1, 4] },
    c: { orders: [2, 5] },
  });
});

it('gives a member no partition of a topic that it does not read', () => {
  const members = [
    { id: 'old', topics: ['orders'] },
    { id: 'new', topics: ['orders', 'payments'] },
  ];
  const partitions = new Map([
    ['payments', [0, 1]],
    ['orders', [0, 1]],
  ]);
  expect(Object.fromEntries(spreadPartitions(members, partitions))).toEqual({
    new: { orders: [0], payments: [0, 1] },
    old: { orders: [1] },
  });
});

it('keeps a member without partitions, and leaves a topic that nobody reads', () => {
  expect(Object.fromEntries(spreadPartitions([{ id: 'a', topics: [] }], new Map([['orders', [0]]])))).toEqual({
    a: {},
  });
});

it('assigns every partition that is read once, to a reader, whatever the order of the members', () => {
  const seed = Number(process.env['SEED'] ?? 20_261_122);
  const random = createSeededRandom(seed);
  const names = ['t0', 't1', 't2', '__proto__'];
  for (let round = 0; round < 300; round++) {
    const members = Array.from({ length: 1 + random.integer(5) }, (_, at) => ({
      id: `m${at}`,
      topics: names.filter(() => random.chance(0.6)),
    }));
    const partitions = new Map(names.map((name) => [name, Array.from({ length: random.integer(8) }, (_, at) => at)]));
    const spread = spreadPartitions(members, partitions);
    const given = [...spread].flatMap(([id, held]) =>
      Object.entries(held).flatMap(([topic, list]) =>
        list.map((partition) => ({ id, place: `${topic}/${partition}` })),
      ),
    );
    for (const { id, place } of given) {
      const reads = members.find((member) => member.id === id)?.topics ?? [];
      expect(reads, `seed ${seed}, round ${round}`).toContain(place.split('/')[0]);
    }
    const read = names.filter((name) => members.some(({ topics }) => topics.includes(name)));
    const places = read.flatMap((name) => (partitions.get(name) ?? []).map((partition) => `${name}/${partition}`));
    expect(given.map(({ place }) => place).sort(), `seed ${seed}, round ${round}`).toEqual(places.sort());
    expect(spreadPartitions(random.shuffle(members), partitions)).toEqual(spread);
  }
});
