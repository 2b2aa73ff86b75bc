import type { FailedRow } from '../../outbox-store.js';
import { blockedLaneCases } from './blocked-lane-cases.js';
import { claimCases } from './claim-cases.js';
import { deadLetterCases } from './dead-letter-cases.js';
import { delayCases } from './delay-cases.js';
import {
  doomedTopic,
  type OutboxConformanceApi,
  type OutboxConformanceSubject,
  retryBaseMs,
} from './conformance-subject.js';
import { operationsCases } from './operations-cases.js';
import { pruneCases } from './prune-cases.js';
import { settleCases } from './settle-cases.js';
import { tableCases } from './table-cases.js';

/**
 * Registers one test for each promise of `OutboxStore`, `OutboxTable` and `OutboxOperations`. A new implementation passes it, or is none.
 *
 *     import { describe, it } from 'vitest';
 *     outboxStoreConformance(subject, { describe, it });
 */
export function outboxStoreConformance(subject: OutboxConformanceSubject, api: OutboxConformanceApi): void {
  api.describe(`${subject.name} keeps the promises of the outbox: it`, () => {
    for (const conformanceCase of [
      ...claimCases,
      ...blockedLaneCases,
      ...settleCases,
      ...tableCases,
      ...delayCases,
      ...deadLetterCases,
      ...operationsCases,
      ...pruneCases,
    ]) {
      api.it(conformanceCase.name, async () => {
        const failed: FailedRow[] = [];
        const opened = await subject.open({
          retryBaseMs,
          onFailed: (rows) => void failed.push(...rows),
          deadLetterTopic: (topic) => (topic === doomedTopic ? `${doomedTopic}.dlq` : null),
        });
        try {
          await conformanceCase.run({ ...opened, failed });
        } finally {
          await opened.close();
        }
      });
    }
  });
}
