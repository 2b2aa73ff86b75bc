/** What is used of a `pg.Client`: so much is also what knex keeps in its pool. Structural, so that no types of pg are needed. */
export interface PgConnectionLike {
  query(statement: {
    readonly text: string;
    readonly values?: readonly unknown[];
    readonly name?: string;
    readonly types: { getTypeParser(oid: number): (text: string) => unknown };
  }): Promise<unknown>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'end', listener: () => void): unknown;
  end(): Promise<void>;
}

/** What is used of a `pg.PoolClient`. */
export interface PgClientLike {
  readonly query: (...args: never[]) => unknown;
  release(destroy?: Error | boolean): void;
}

/** What is used of a `pg.Pool`. The second overload is there because inference pairs overloads from the last. */
export interface PgPoolLike<Client extends PgClientLike> {
  readonly totalCount: number;
  connect(): Promise<Client>;
  connect(
    callback: (error: Error | undefined, client: Client | undefined, done: (release?: unknown) => void) => void,
  ): void;
  on(event: 'error', listener: (error: Error) => void): unknown;
}
