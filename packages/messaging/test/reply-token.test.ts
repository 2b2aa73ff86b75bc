import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { issueReplyToken, verifyReplyToken } from '../src/index.js';

const old = { id: 'key-1', secret: 'a secret of more than 16 bytes' };
const next = { id: 'key-2', secret: Buffer.alloc(32, 7) };
const subject = { commandId: 's-1/reserve/1/do', installation: 'installation-1' };

describe('a reply token', () => {
  it('holds for its command and installation, and for no other', () => {
    const keys = { current: old };
    const token = issueReplyToken(keys, subject);
    expect(token.length).toBeLessThanOrEqual(256);
    expect(verifyReplyToken(keys, token, subject)).toBe(true);
    expect(verifyReplyToken(keys, token, { ...subject, commandId: 's-1/reserve/1/undo' })).toBe(false);
    expect(verifyReplyToken(keys, token, { ...subject, installation: 'installation-2' })).toBe(false);
  });

  it('does not confuse where the command id ends and the installation begins', () => {
    const keys = { current: old };
    const token = issueReplyToken(keys, { commandId: 'a', installation: '","b' });
    expect(verifyReplyToken(keys, token, { commandId: 'a","', installation: 'b' })).toBe(false);
  });

  it('is the same for a resend', () => {
    expect(issueReplyToken({ current: next }, subject)).toBe(issueReplyToken({ current: next }, subject));
  });

  it('outlives one rotation of the key, not two', () => {
    const token = issueReplyToken({ current: old }, subject);
    expect(verifyReplyToken({ current: next, previous: old }, token, subject)).toBe(true);
    expect(verifyReplyToken({ current: next }, token, subject)).toBe(false);
  });

  it('is refused under a key of the same id and another secret', () => {
    const token = issueReplyToken({ current: old }, subject);
    expect(verifyReplyToken({ current: { ...next, id: old.id } }, token, subject)).toBe(false);
  });

  it('is refused when one character differs, and when it is spelt another way', () => {
    const keys = { current: old };
    const token = issueReplyToken(keys, subject);
    for (let at = 0; at < token.length; at++) {
      const changed = `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
      expect(verifyReplyToken(keys, changed, subject)).toBe(false);
    }
    expect(verifyReplyToken(keys, `${token}=`, subject)).toBe(false);
  });

  it('refuses garbage without throwing', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((rest) => `v1.key-1.${rest}`),
          fc.anything(),
        ),
        (garbage) => {
          expect(verifyReplyToken({ current: old, previous: next }, garbage as string, subject)).toBe(false);
        },
      ),
    );
  });

  it.each([
    ['an id with a dot', { current: { id: 'a.b', secret: old.secret } }],
    ['an empty id', { current: { id: '', secret: old.secret } }],
    ['a short secret', { current: { id: 'key-1', secret: 'fifteen bytes..' } }],
    ['a short previous secret', { current: next, previous: { id: 'key-1', secret: 'fifteen bytes..' } }],
    ['two keys of one id', { current: next, previous: { ...old, id: next.id } }],
  ])('is not issued under %s', (_, keys) => {
    expect(() => issueReplyToken(keys, subject)).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', hint: expect.any(String) }),
    );
  });
});
