import { expect, it, vi } from 'vitest';
import { mutants, runSeed, sequenceDiagram, shrinkTape } from '../src/index.js';

vi.setConfig({ testTimeout: 300_000 });

it('makes a failing run simpler, still failing, and draws it', async () => {
  const mutant = mutants.find(({ fault }) => fault === 'a start key may be used again');
  const { tape, violations, steps } = await runSeed(5, { mutant });
  expect(violations.length).toBeGreaterThan(0);
  const simple = await shrinkTape(tape, { atMostRuns: 60, mutant });
  expect(simple.violations[0]?.slice(0, 2)).toBe(violations[0]?.slice(0, 2));
  expect(simple.tape.filter((each) => each !== 0).length).toBeLessThan(tape.filter((each) => each !== 0).length);
  expect(steps).toBeGreaterThan(0);
  const diagram = sequenceDiagram(simple.happenings);
  expect(diagram).toMatch(/^sequenceDiagram\n {2}participant L0 as /);
  expect(diagram).toContain('->>');
});
