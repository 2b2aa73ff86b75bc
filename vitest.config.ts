import { defineConfig } from 'vitest/config';

/**
 * Tests run on the sources: the condition picks `src` in each package's `exports`. It is not passed on to what Node
 * loads by itself: there `import` would reach `require` too, and packages with both kinds of entry break.
 */
const resolve = { conditions: ['@backstitch/source', 'module', 'node', 'development|production'] };
const ssr = { resolve };

const folders = ['packages/*/test', 'examples/*/test', 'bench/test', 'tooling/test'];
const files = (kind: string): string[] => folders.map((folder) => `${folder}/**/*${kind}.test.ts`);
const exclude = ['**/node_modules/**', '**/dist/**'];
/** A poll that fits takes no longer for it; one that never fits ends within the test's own time. */
const expectation = { poll: { timeout: 50_000 } };
const globalSetup = ['packages/devkit/src/vitest-servers.ts'];

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr,
        test: {
          name: 'unit',
          expect: expectation,
          include: files(''),
          exclude: [...exclude, '**/*.int.test.ts', '**/*.e2e.test.ts'],
          // No measure of speed: properties and scans of sources take seconds where the machine has other work.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'int',
          expect: expectation,
          include: files('.int'),
          exclude,
          globalSetup,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        resolve,
        ssr,
        test: {
          name: 'e2e',
          expect: expectation,
          include: files('.e2e'),
          exclude,
          globalSetup,
          testTimeout: 300_000,
          hookTimeout: 180_000,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
