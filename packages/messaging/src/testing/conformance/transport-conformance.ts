import type { Transport } from '../../transport.js';
import type { ConformanceCase } from './conformance-case.js';
import type { ConformanceApi, ConformanceSubject } from './conformance-subject.js';
import { withDeadline } from './with-deadline.js';
import { membershipCases } from './membership-cases.js';
import { orderingCases } from './ordering-cases.js';
import { outageCases } from './outage-cases.js';
import { randomScheduleCases } from './random-schedule-cases.js';
import { rebalanceCases } from './rebalance-cases.js';
import { recordCases } from './record-cases.js';
import { redeliveryCases } from './redelivery-cases.js';
import { createStage, patienceMs } from './stage.js';

const cases: readonly ConformanceCase[] = [
  ...orderingCases,
  ...redeliveryCases,
  ...membershipCases,
  ...rebalanceCases,
  ...recordCases,
  ...outageCases,
  ...randomScheduleCases,
];

/**
 * Registers one test for each promise of the `Transport` port. A new transport passes it, or is none.
 *
 *     import { afterAll, beforeAll, describe, it } from 'vitest';
 *     transportConformance(subject, { describe, it, beforeAll, afterAll });
 *
 * A case that needs an ability which the subject lacks (`crash`, `write`, `outage`) is registered as skipped, not left out.
 */
export function transportConformance(subject: ConformanceSubject, api: ConformanceApi): void {
  // A case waits for several things, each with its own patience, which says what it waited for. This one ends a transport that hangs.
  const caseMs = patienceMs(subject) * 2;
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
          await withDeadline(conformanceCase.run(stage, subject), caseMs, 'the case');
        } finally {
          await withDeadline(stage.end(), caseMs, 'the end of its transports');
        }
      };
      const { needs, name } = conformanceCase;
      if (needs && !subject[needs]) api.it.skip(`${name} (the subject has no ${needs})`, run);
      else api.it(name, run, caseMs * 3);
    }
  });
}
