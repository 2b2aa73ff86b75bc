import { expect, it } from 'vitest';
import { withMore } from '../../src/machine/with-more.js';

it('looks at nothing that nobody asks for', () => {
  let looks = 0;
  const context = {
    sagaId: 'a',
    get input() {
      looks += 1;
      return { order: 1 };
    },
    steps: {},
  };
  const more = withMore(context, { index: 3 });
  expect([more.sagaId, more.index, looks]).toEqual(['a', 3, 0]);
  expect(more.input).toEqual({ order: 1 });
  expect({ ...more }).toEqual({ sagaId: 'a', input: { order: 1 }, steps: {}, index: 3 });
});
