import type { Tried } from './choose-ways.js';

/** A MySQL or MariaDB to test against. */
export interface MysqlServer {
  readonly kind: 'given' | 'docker' | 'embedded';
  /** Of a user who may create databases: `mysql://user:password@host:port/`. */
  readonly url: string;
  /** What the server says of itself: `10.11.19-MariaDB`. */
  readonly version: string;
  /** Creates an empty database and gives back its url. */
  createDatabase(name?: string): Promise<string>;
  dropDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}

export interface NoMysql {
  readonly kind: 'none';
  readonly tried: readonly Tried[];
}
