import { dueCases } from './due-cases.js';
import { evidenceCases } from './evidence-cases.js';
import { familyCases } from './family-cases.js';
import { insertCases } from './insert-cases.js';
import { inspectCases } from './inspect-cases.js';
import { listCases } from './list-cases.js';
import { lockCases } from './lock-cases.js';
import { lockRaceCases } from './lock-race-cases.js';
import { mailboxCases } from './mailbox-cases.js';
import { messageCases } from './message-cases.js';
import {
  lockTimeoutMs,
  quarantineRows,
  type SagaStoreCase,
  type SagaStoreSubject,
  type StoreConformanceApi,
} from './saga-store-subject.js';
import { saveCases } from './save-cases.js';
import { startKeyCases } from './start-key-cases.js';
import { versionCases } from './version-cases.js';

const cases: readonly SagaStoreCase[] = [
  ...insertCases,
  ...saveCases,
  ...startKeyCases,
  ...dueCases,
  ...mailboxCases,
  ...familyCases,
  ...messageCases,
  ...lockCases,
  ...lockRaceCases,
  ...evidenceCases,
  ...listCases,
  ...inspectCases,
  ...versionCases,
];

/**
 * Registers one test for each promise of `SagaStore`. A new store passes it, or is none.
 *
 *     import { describe, it } from 'vitest';
 *     sagaStoreConformance(subject, { describe, it });
 */
export function sagaStoreConformance(subject: SagaStoreSubject, api: StoreConformanceApi): void {
  api.describe(`${subject.name} keeps the promises of SagaStore: it`, () => {
    for (const each of cases) {
      if (each.concurrent === true && !subject.concurrent) continue;
      api.it(each.name, async () => {
        const stage = await subject.open({ lockTimeoutMs, quarantineRows });
        try {
          await each.run(stage);
        } finally {
          await stage.close();
        }
      });
    }
  });
}
