import type { Inspection, InspectOptions } from '../engine/inspect-instance.js';
import { SagaError } from '../errors.js';
import type { JournalEntry } from '../machine/journal-event.js';
import type { Recording } from './recording.js';

/** `engine.instances`, or `createInstances` beside an engine. */
interface Inspected {
  inspect(id: string, options?: InspectOptions): Promise<Inspection | undefined>;
}

const pageLimit = 1_000;

/**
 * An instance as a recording for `replayJournal`: plain JSON, with the payloads that its journal holds.
 *
 * @throws SagaError INSTANCE_UNKNOWN.
 */
export async function exportRecording(instances: Inspected, id: string): Promise<Recording> {
  const journal: JournalEntry[] = [];
  for (let after = 0; ; ) {
    const page = await instances.inspect(id, { journalAfter: after, journalLimit: pageLimit });
    if (page === undefined) {
      throw new SagaError('INSTANCE_UNKNOWN', `there is no instance ${id}`, { fields: { sagaId: id } });
    }
    journal.push(...page.journal);
    const { saga, version, hash } = page.instance;
    if (page.journalNext === null) return { id, saga, version, hash, input: page.input, journal };
    after = page.journalNext;
  }
}
