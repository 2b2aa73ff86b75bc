import pg from 'pg';

export interface CountedPool {
  readonly pool: pg.Pool;
  /** Statements sent so far, BEGIN and COMMIT included. */
  statements(): number;
  /** By their text, the most frequent first: what to look at next. */
  digest(): readonly { readonly text: string; readonly count: number }[];
  reset(): void;
}

/** A pool whose statements are counted on their way out. */
export function countedPool(url: string, max: number): CountedPool {
  const pool = new pg.Pool({ connectionString: url, max });
  const counts = new Map<string, number>();
  pool.on('connect', (client) => {
    const query = client.query.bind(client) as (...given: unknown[]) => unknown;
    const counted = (...given: unknown[]): unknown => {
      const [first] = given as [string | { readonly text: string }];
      const text = typeof first === 'string' ? first : first.text;
      counts.set(text, (counts.get(text) ?? 0) + 1);
      return query(...given);
    };
    Object.assign(client, { query: counted });
  });
  return {
    pool,
    statements: () => [...counts.values()].reduce((sum, count) => sum + count, 0),
    digest: () => [...counts].map(([text, count]) => ({ text, count })).sort((one, other) => other.count - one.count),
    reset: () => counts.clear(),
  };
}
