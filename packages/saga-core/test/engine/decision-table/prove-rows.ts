import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Books, readBooks } from './books.js';
import { designRows } from './design-rows.js';
import { openStage, type Stage } from './stage.js';

/** A row of the decision table, provoked from outside on Postgres. */
export interface Proof {
  readonly row: keyof typeof designRows;
  /** Which part or variant of it. */
  readonly how: string;
  /** Answers the instance, at rest. */
  readonly play: (stage: Stage) => Promise<string>;
  /** What the books must say of it then. */
  readonly books: Partial<Books>;
}

/** One test a proof, named by the design's words. */
export function proveRows(proofs: readonly Proof[]): void {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
  });
  afterAll(() => stage.close());
  // Loops, because `each` cuts long names short, and the name is the point.
  for (const [name, { where, event, happens }] of Object.entries(designRows)) {
    const its = proofs.filter(({ row }) => row === name);
    if (its.length === 0) continue;
    describe(`${where} | ${event} | ${happens}`, () => {
      for (const { how, play, books } of its) {
        it(how, async () => {
          const id = await play(stage);
          expect(await readBooks(stage, id)).toMatchObject(books);
        });
      }
    });
  }
}
