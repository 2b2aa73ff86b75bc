import { describe, expect, it } from 'vitest';
import { classify, PostgresError, sqlState } from '../src/index.js';

const server = (code: string): Error => Object.assign(new Error('as the server puts it'), { code, severity: 'FEHLER' });
const node = (code: string): Error => Object.assign(new Error('as the socket puts it'), { code, syscall: 'read' });

describe('the class of an error', () => {
  it.each(['08006', '28P01', '53300', '57P01', '57P03', '58030', '40001', '40P01', '55P03', '25006', '25P03'])(
    'is infrastructure for SQLSTATE %s',
    (state) => expect(classify(server(state))).toBe('infrastructure'),
  );
  it.each(['22P05', '22021', '22003', '54000'])('is poison for SQLSTATE %s', (state) =>
    expect(classify(server(state))).toBe('poison'),
  );
  it.each(['23505', '23503', '23P01'])('is conflict for SQLSTATE %s', (state) =>
    expect(classify(server(state))).toBe('conflict'),
  );
  it.each(['42P01', '25P02', '57014', 'P0001', '40002'])('is other for SQLSTATE %s', (state) =>
    expect(classify(server(state))).toBe('other'),
  );
  it.each(['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND'])(
    'is infrastructure for the network code %s',
    (code) => expect(classify(node(code))).toBe('infrastructure'),
  );

  it('is infrastructure where the pool of knex was full', () => {
    class KnexTimeoutError extends Error {
      override readonly name = 'KnexTimeoutError';
    }
    expect(classify(new KnexTimeoutError('whatever it says'))).toBe('infrastructure');
  });

  it('is found behind the errors that wrap it', () => {
    const wrapped = new Error('while reserving', { cause: new Error('inner', { cause: server('40001') }) });
    expect(classify(wrapped)).toBe('infrastructure');
    expect(classify(new Error('outer', { cause: new PostgresError('COMMIT_UNKNOWN', 'cut') }))).toBe('infrastructure');
  });

  it("is other for the author's own errors, whatever their message says", () => {
    expect(classify(new Error('Connection terminated unexpectedly'))).toBe('other');
    expect(classify('ECONNRESET')).toBe('other');
    expect(classify(undefined)).toBe('other');
  });

  it('is found in a ring of causes without turning for ever', () => {
    const ring = new Error('ring');
    ring.cause = ring;
    expect(classify(ring)).toBe('other');
  });
});

describe('the SQLSTATE of an error', () => {
  it('is no network code that looks like one', () => {
    expect(sqlState(node('EPIPE'))).toBeUndefined();
    expect(sqlState(node('EBUSY'))).toBeUndefined();
  });
  it("is known for a state of the user's own by the severity beside it", () => {
    expect(sqlState(server('SHOP1'))).toBe('SHOP1');
    expect(sqlState(Object.assign(new Error('x'), { code: 'SHOP1' }))).toBeUndefined();
  });
  it('is known without severity for the classes that Postgres has', () => {
    expect(sqlState(Object.assign(new Error('x'), { code: '23505' }))).toBe('23505');
    expect(sqlState(Object.assign(new Error('x'), { code: 'P0001' }))).toBe('P0001');
  });
});
