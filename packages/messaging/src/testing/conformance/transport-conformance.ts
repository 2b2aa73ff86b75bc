import type { Transport } from '../../transport.js';
import type { ConformanceCase } from './conformance-case.js';
import type { ConformanceApi, ConformanceSubject } from './conformance-subject.js';
import { membershipCases } from './membership-cases.js';
import { orderingCases } from './ordering-cases.js';
import { recordCases } from './record-cases.js';
import { redeliveryCases } from './redelivery-cases.js';
import { createStage, patienceMs } from './stage.js';

const cases: readonly ConformanceCase[] = [...orderingCases, ...redeliveryCases, ...membershipCases, ...recordCases];

/**
 * Registers one test for each promise of the `Transport` port. A new transport passes it, or is none.
 *
 *     import { afterAll, beforeAll, describe, it } from 'vitest';
 *     transportConformance(subject, { describe, it, beforeAll, afterAll });
 *
 * A case that needs an ability which the subject lacks (`crash`, `write`) is registered as skipped, not left out.
 */
export function transportConformance(subject: ConformanceSubject, api: ConformanceApi): void {
  api.describe(`${subject.name} keeps the promises of Transport: it`, () => {
    let shared: Transport | undefined;
    api.beforeAll(async () => {
      shared = await subject.createTransport();
    });
    api.afterAll(async () => {
      await shared?.close();
    });
    for (const conformanceCase of cases) {
      const run = async (): Promise<void> => {
        if (!shared) throw new Error('beforeAll did not run');
        const stage = createStage(subject, shared);
        try {
          await conformanceCase.run(stage, subject);
        } finally {
          await stage.end();
        }
      };
      const { needs, name } = conformanceCase;
      if (needs && !subject[needs]) api.it.skip(`${name} (the subject has no ${needs})`, run);
      // A case waits for several things; each wait has its own, shorter patience and says what it waited for.
      else api.it(name, run, patienceMs(subject) * 3);
    }
  });
}
