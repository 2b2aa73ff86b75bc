import { describe, expect, it } from 'vitest';
import { type Facts, chooseWays, describeTried, forcedWay } from '../src/choose-ways.js';

const open = { kind: 'open' } as const;
const closed = (reason: string) => ({ kind: 'closed', reason }) as const;
const everything: Facts = { forced: undefined, env: open, docker: open, embedded: open };

describe('chooseWays', () => {
  it('prefers what the environment names, then Docker, then the embedded server', () => {
    expect(chooseWays(everything)).toEqual({ open: ['env', 'docker', 'embedded'], closed: [] });
  });

  it('keeps the reason of every way that is closed', () => {
    const facts: Facts = { ...everything, env: closed('no DATABASE_URL'), docker: closed('no Docker engine') };
    expect(chooseWays(facts)).toEqual({
      open: ['embedded'],
      closed: [
        { way: 'env', reason: 'no DATABASE_URL' },
        { way: 'docker', reason: 'no Docker engine' },
      ],
    });
  });

  it('tries nothing but the forced way', () => {
    expect(chooseWays({ ...everything, forced: 'embedded' }).open).toEqual(['embedded']);
  });

  it('opens nothing when the forced way is closed', () => {
    const choice = chooseWays({ ...everything, forced: 'docker', docker: closed('no Docker engine') });
    expect(choice.open).toEqual([]);
    expect(describeTried(choice.closed)).toContain('docker: no Docker engine');
  });
});

describe('forcedWay', () => {
  it('takes the three ways and nothing else', () => {
    expect(forcedWay(undefined)).toBeUndefined();
    expect(forcedWay('')).toBeUndefined();
    expect(forcedWay('docker')).toBe('docker');
    expect(() => forcedWay('dokcer')).toThrow(expect.objectContaining({ code: 'DEVKIT_UNKNOWN_WAY' }));
  });
});
