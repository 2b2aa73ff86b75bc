import { type CommandEnvelope, commandId } from '@backstitch/messaging';
import { createSeededRandom } from '@backstitch/messaging/testing';
import { describe, expect, it } from 'vitest';
import { batchGroups, fencePlace } from '../../src/participant/batch-groups.js';

function envelope(given: Partial<CommandEnvelope>): CommandEnvelope {
  const identity = { sagaId: 's1', step: 'take', item: null, round: 1, direction: 'do' as const, ...given };
  const now = '2026-11-22T00:00:00.000Z';
  return {
    ...{ id: 'm', source: 'shop', command: 'store.take', time: now, saga: 'buy', attempt: 1, firstSentAt: now },
    ...{ replyTopic: 't', replyToken: 'v1', installation: 'i', data: null, ...identity },
    commandId: commandId(identity),
  };
}

const named = (groups: readonly (readonly CommandEnvelope[])[]) =>
  groups.map((group) => group.map(({ sagaId, command, attempt }) => `${sagaId} ${command} ${attempt}`));

describe('commands in groups', () => {
  it('puts those of one name into one call, whatever stands between them', () => {
    const commands = [
      envelope({ sagaId: 's1' }),
      envelope({ sagaId: 's2', command: 'store.back', direction: 'undo' }),
      envelope({ sagaId: 's3' }),
    ];
    expect(named(batchGroups(commands))).toEqual([['s1 store.take 1', 's3 store.take 1'], ['s2 store.back 1']]);
  });

  it('gives a copy, and what follows it in its saga, a later call', () => {
    const commands = [
      envelope({ attempt: 1 }),
      envelope({ attempt: 2 }),
      envelope({ step: 'other', attempt: 3 }),
      envelope({ sagaId: 's2' }),
    ];
    expect(named(batchGroups(commands))).toEqual([
      ['s1 store.take 1', 's2 store.take 1'],
      ['s1 store.take 2', 's1 store.take 3'],
    ]);
  });

  it('lets the items of a list and the rounds of a step go together', () => {
    const commands = [envelope({ item: 0 }), envelope({ item: 1 }), envelope({ item: 0, round: 2 })];
    expect(batchGroups(commands)).toHaveLength(1);
  });

  it('keeps each command, and the order of each saga, in whatever mixture', () => {
    const seed = Math.floor(Math.random() * 2 ** 31);
    const random = createSeededRandom(seed);
    const among = (count: number): number => random.integer(Math.max(count, 1));
    for (let count = 0; count < 200; count += 1) {
      const commands = Array.from({ length: among(30) }, (_, attempt) => {
        const isUndo = random.chance(0.4);
        return envelope({
          ...{ sagaId: `s${among(4)}`, step: `step${among(3)}`, attempt },
          ...(isUndo ? { direction: 'undo', command: 'store.back' } : {}),
        });
      });
      const groups = batchGroups(commands);
      const said = `seed ${seed}, ${count}`;
      expect(
        groups
          .flat()
          .map(({ attempt }) => attempt)
          .sort((a, b) => a - b),
        said,
      ).toEqual(commands.map(({ attempt }) => attempt));
      for (const sagaId of ['s0', 's1', 's2', 's3']) {
        const order = groups.flat().filter((command) => command.sagaId === sagaId);
        expect(
          order.map(({ attempt }) => attempt),
          said,
        ).toEqual([...order].map(({ attempt }) => attempt).sort((a, b) => a - b));
      }
      for (const group of groups) {
        expect(new Set(group.map(({ command }) => command)).size, said).toBe(1);
        expect(new Set(group.map(fencePlace)).size, said).toBe(group.length);
      }
    }
  });
});
