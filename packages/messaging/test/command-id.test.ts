import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { commandId, parseCommandId } from '../src/index.js';

describe('a command id', () => {
  it('names the item only where there is one', () => {
    const identity = { sagaId: 's-1', step: 'reserve', round: 2 } as const;
    expect(commandId({ ...identity, item: null, direction: 'do' })).toBe('s-1/reserve/2/do');
    expect(commandId({ ...identity, item: 0, direction: 'undo' })).toBe('s-1/reserve[0]/2/undo');
  });

  it('is read back, whatever the saga id looks like', () => {
    fc.assert(
      fc.property(
        fc.record({
          sagaId: fc.oneof(fc.uuid(), fc.string({ minLength: 1 }), fc.constantFrom('a/b[3]/1/do', '\n', '/')),
          step: fc.stringMatching(/^[A-Za-z][A-Za-z0-9_-]{0,20}$/),
          item: fc.option(fc.nat()),
          round: fc.nat(),
          direction: fc.constantFrom('do' as const, 'undo' as const),
        }),
        (identity) => {
          expect(parseCommandId(commandId(identity))).toEqual(identity);
        },
      ),
    );
  });

  it.each([
    '',
    '/',
    's/step/1/redo',
    's/step/do',
    's/1step/1/do',
    's/step[]/1/do',
    's/step[01]/1/do',
    's/step/01/do',
    's/step/-1/do',
    '/step/1/do',
  ])('is not %j', (id) => {
    expect(parseCommandId(id)).toBeUndefined();
  });
});
