import { batchCases } from './batch-cases.js';
import { fenceCases } from './fence-cases.js';
import { laterCases } from './later-cases.js';
import type { FenceStoreSubject } from './fence-store-subject.js';
import { quarantineRows, type StoreConformanceApi } from './saga-store-subject.js';

/**
 * Registers one test for each promise of `FenceStore`. A new store passes it, or is none.
 *
 *     import { describe, it } from 'vitest';
 *     fenceStoreConformance(subject, { describe, it });
 */
export function fenceStoreConformance(subject: FenceStoreSubject, api: StoreConformanceApi): void {
  api.describe(`${subject.name} keeps the promises of FenceStore: it`, () => {
    for (const each of [...fenceCases, ...batchCases, ...laterCases]) {
      api.it(each.name, async () => {
        const stage = await subject.open({ quarantineRows });
        try {
          await each.run(stage);
        } finally {
          await stage.close();
        }
      });
    }
  });
}
