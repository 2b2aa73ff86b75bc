import { expect, it } from 'vitest';
import { seededChoices, tapedChoices } from '../src/choices.js';

it('answers from the tape what was drawn, and dully beyond its end', () => {
  const drawn = seededChoices(3);
  const once = [drawn.below(10), drawn.chance(0.5), drawn.one(['a', 'b', 'c']), drawn.unit()];
  const again = tapedChoices(drawn.tape());
  expect([again.below(10), again.chance(0.5), again.one(['a', 'b', 'c']), again.unit()]).toEqual(once);
  expect([again.below(10), again.chance(0.9), again.one(['a', 'b']), again.unit()]).toEqual([0, false, 'a', 0]);
});

it('draws nothing for what cannot happen', () => {
  const choices = seededChoices(3);
  expect(choices.chance(0)).toBe(false);
  expect(choices.tape()).toEqual([]);
});
