import type { Sql } from '@backstitch/postgres';

/** What a route of the suite answers; each framework says it in its own way. */
export type Answer =
  | { readonly kind: 'json'; readonly status: number; readonly body: object; readonly headers?: Record<string, string> }
  | { readonly kind: 'text'; readonly status: number; readonly body: string }
  | { readonly kind: 'empty' }
  /** Written in pieces. */
  | { readonly kind: 'stream'; readonly type: string; readonly chunks: readonly Uint8Array[] };

export interface Work {
  readonly sql: Sql;
  readonly body: unknown;
  readonly user: string;
}

/** The routes of the suite by name, `POST /<name>`. Each leaves an effect in the request's transaction. */
export type Answers = Readonly<Record<string, (work: Work) => Promise<Answer>>>;

export interface RunningServer {
  readonly url: string;
  close(): Promise<void>;
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
let orders = 0;

async function leaveEffect(sql: Sql, name: string): Promise<void> {
  await sql.query('insert into effect (name) values ($1)', [name]);
}

export const answers: Answers = {
  async orders({ sql, body, user }) {
    orders += 1;
    await leaveEffect(sql, `order of ${user}`);
    return {
      kind: 'json',
      status: 201,
      body: { id: `o-${orders}`, user, body },
      headers: { location: `/orders/o-${orders}`, 'x-price': '5' },
    };
  },
  async text({ sql }) {
    await leaveEffect(sql, 'text');
    return { kind: 'text', status: 200, body: 'Grüße, \u{1f44b}' };
  },
  async empty({ sql }) {
    await leaveEffect(sql, 'empty');
    return { kind: 'empty' };
  },
  async declined({ sql }) {
    await leaveEffect(sql, 'declined');
    return { kind: 'json', status: 402, body: { declined: true } };
  },
  async busy({ sql }) {
    await leaveEffect(sql, 'busy');
    return { kind: 'json', status: 503, body: { busy: true } };
  },
  async pieces({ sql }) {
    await leaveEffect(sql, 'pieces');
    // The umlaut is cut in two.
    return {
      kind: 'stream',
      type: 'text/plain',
      chunks: [bytes('one, z'), bytes('ü').slice(0, 1), bytes('ü').slice(1)],
    };
  },
  async huge({ sql }) {
    await leaveEffect(sql, 'huge');
    return { kind: 'stream', type: 'text/plain', chunks: Array.from({ length: 20 }, () => bytes('x'.repeat(65_536))) };
  },
  /** As much as may be answered. */
  async limit({ sql }) {
    await leaveEffect(sql, 'limit');
    return { kind: 'stream', type: 'text/plain', chunks: Array.from({ length: 16 }, () => bytes('x'.repeat(65_536))) };
  },
  async binary({ sql }) {
    await leaveEffect(sql, 'binary');
    return { kind: 'stream', type: 'image/png', chunks: [Uint8Array.of(0x89, 0x50, 0xff, 0x00), Uint8Array.of(0xc3)] };
  },
  async nul({ sql }) {
    await leaveEffect(sql, 'nul');
    return { kind: 'text', status: 200, body: 'a\0b' };
  },
  async events({ sql }) {
    await leaveEffect(sql, 'events');
    return { kind: 'stream', type: 'text/event-stream', chunks: [bytes('data: 1\n\n')] };
  },
  async bug({ sql }) {
    await leaveEffect(sql, 'bug');
    throw Object.assign(new Error('bug'), { code: 'BUG' });
  },
  async silent({ sql }) {
    await leaveEffect(sql, 'silent');
    return new Promise<never>(() => undefined);
  },
  /** The COMMIT fails: a deferred constraint. */
  async doomed({ sql }) {
    await sql.query('insert into doomed (n) values (1), (1)');
    return { kind: 'json', status: 201, body: { stored: true }, headers: { location: '/doomed/1' } };
  },
};
