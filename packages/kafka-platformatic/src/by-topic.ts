/** Groups what belongs to partitions by topic, in the order given. */
export function byTopic<T extends { readonly topic: string }>(all: readonly T[]): [topic: string, of: T[]][] {
  const topics = new Map<string, T[]>();
  for (const each of all) {
    const list = topics.get(each.topic) ?? [];
    topics.set(each.topic, list);
    list.push(each);
  }
  return [...topics];
}
