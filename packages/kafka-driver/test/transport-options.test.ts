import { describe, expect, it } from 'vitest';
import { type DriverOptions, resolveDriverOptions } from '../src/transport-options.js';

const refusalOf = (options: DriverOptions): unknown => {
  try {
    return resolveDriverOptions(options);
  } catch (error) {
    return error;
  }
};

describe('resolveDriverOptions', () => {
  it('fills in the defaults', () => {
    expect(resolveDriverOptions({ headerLimits: { count: 10 } })).toMatchObject({
      maxRecordBytes: 1_048_576,
      offsetCommitIntervalMs: 1000,
      sessionTimeoutMs: 30_000,
      heartbeatIntervalMs: 3000,
      headerLimits: { count: 10, bytes: 8192 },
    });
  });

  it.each<[string, DriverOptions]>([
    ['offsetCommitIntervalMs', { offsetCommitIntervalMs: 0 }],
    ['sessionTimeoutMs', { sessionTimeoutMs: Number.NaN }],
    ['maxRecordBytes', { maxRecordBytes: 1.5 }],
    ['headerLimits.count', { headerLimits: { count: 100_000 } }],
    ['heartbeatIntervalMs', { heartbeatIntervalMs: 2000, sessionTimeoutMs: 5000 }],
    ['stallTimeoutMs', { stallTimeoutMs: 900, fetchWaitMs: 500 }],
  ])('refuses a wrong %s with its name, the value and what to do', (field, options) => {
    expect(refusalOf(options)).toMatchObject({
      code: 'KAFKA_OPTION_INVALID',
      fields: { field },
      hint: expect.stringMatching(/^Give /),
    });
  });
});
