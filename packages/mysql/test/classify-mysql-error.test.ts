import { expect, it } from 'vitest';
import { classifyMysqlError, MysqlError } from '../src/index.js';

const fromServer = (errno: number): Error => Object.assign(new Error('said'), { errno, sqlState: 'HY000' });

it.each([
  [fromServer(1213), 'infrastructure'],
  [fromServer(1205), 'infrastructure'],
  [fromServer(1062), 'conflict'],
  [fromServer(4025), 'conflict'],
  [fromServer(1406), 'poison'],
  [fromServer(1146), 'other'],
  [new Error('outer', { cause: fromServer(1213) }), 'infrastructure'],
  [Object.assign(new Error('reset'), { code: 'ECONNRESET', errno: -104 }), 'infrastructure'],
  [Object.assign(new Error('lost'), { code: 'PROTOCOL_CONNECTION_LOST' }), 'infrastructure'],
  [new MysqlError('COMMIT_UNKNOWN', 'unknown'), 'infrastructure'],
  [new MysqlError('TRANSACTION_ENDED', 'ended'), 'other'],
  // A number alone is not the server's: Node's errors have one too.
  [Object.assign(new Error('own'), { errno: 1213 }), 'other'],
  ['text', 'other'],
])('%s is %s', (error, expected) => {
  expect(classifyMysqlError(error)).toBe(expected);
});
