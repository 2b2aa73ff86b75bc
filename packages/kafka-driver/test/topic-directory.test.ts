import { TransportUnavailableError } from '@backstitch/messaging';
import { describe, expect, it } from 'vitest';
import type { TopicAdmin } from '../src/topic-admin.js';
import { createTopicDirectory } from '../src/topic-directory.js';

/** A cluster with these topics; the rest is answered with `type`. */
function cluster(topics: Set<string>, type: () => string = () => 'UNKNOWN_TOPIC_OR_PARTITION') {
  const questions: string[][] = [];
  const unasked = (): never => {
    throw new Error('a directory asks for descriptions only');
  };
  const admin: TopicAdmin = {
    async describe(asked) {
      questions.push([...asked]);
      if (!asked.every((topic) => topics.has(topic))) throw Object.assign(new Error('x'), { type: type() });
    },
    create: unasked,
    apart: unasked,
    lag: unasked,
    close: async () => undefined,
  };
  return { admin, questions };
}

describe('a topic directory', () => {
  it('asks once for topics that exist', async () => {
    const { admin, questions } = cluster(new Set(['a', 'b']));
    const directory = createTopicDirectory(admin);
    expect((await directory.look(['a', 'b'])).size).toBe(0);
    await directory.look(['b', 'a']);
    expect(questions).toEqual([['a', 'b']]);
  });

  it('finds the missing ones among several', async () => {
    const directory = createTopicDirectory(cluster(new Set(['a', 'c'])).admin);
    expect([...(await directory.look(['a', 'b', 'c'])).keys()]).toEqual(['b']);
  });

  it('believes a refusal for a second, and then asks again', async () => {
    let now = 0;
    const existing = new Set<string>();
    const { admin, questions } = cluster(existing);
    const directory = createTopicDirectory(admin, () => now);
    await directory.look(['a']);
    existing.add('a');
    now = 999;
    expect((await directory.look(['a'])).get('a')).toMatchObject({ code: 'UNKNOWN_TOPIC' });
    expect(questions).toHaveLength(1);
    now = 1000;
    expect((await directory.look(['a'])).size).toBe(0);
  });

  it('asks at once for a topic that it was told to forget', async () => {
    const existing = new Set<string>();
    const directory = createTopicDirectory(cluster(existing).admin, () => 0);
    await directory.look(['a']);
    existing.add('a');
    directory.forget(['a']);
    expect((await directory.look(['a'])).size).toBe(0);
  });

  it('tells a topic that may not be described from one that is missing', async () => {
    const directory = createTopicDirectory(cluster(new Set(), () => 'TOPIC_AUTHORIZATION_FAILED').admin);
    expect((await directory.look(['a'])).get('a')).toMatchObject({ code: 'NOT_AUTHORIZED' });
  });

  it('rejects at broker trouble, and knows no more than before', async () => {
    let type = 'LEADER_NOT_AVAILABLE';
    const directory = createTopicDirectory(cluster(new Set(), () => type).admin);
    await expect(directory.look(['a'])).rejects.toBeInstanceOf(TransportUnavailableError);
    type = 'UNKNOWN_TOPIC_OR_PARTITION';
    expect((await directory.look(['a'])).size).toBe(1);
  });
});
