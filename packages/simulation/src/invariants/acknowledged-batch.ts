import type { RecordBatch } from '@backstitch/messaging';
import type { MemoryDatabase } from '@backstitch/postgres/testing';

interface Envelope {
  readonly commandid?: string;
  readonly sagaid?: string;
  readonly sagastep?: string;
  readonly sagaitem?: number;
  readonly sagaround?: number;
  readonly sagadirection?: 'do' | 'undo';
  readonly outcome?: string;
}

interface InstanceRow {
  readonly id: string;
  readonly status: string;
  readonly state: string;
}

/** 27, of a participant: what the broker may forget was answered. The sentences of what was not. */
export function unansweredCommands({ records }: RecordBatch, database: MemoryDatabase): readonly string[] {
  const answered = database.read((reader) =>
    reader.table<{ readonly aggregateId: string }>('outbox_events').where(() => true),
  );
  const ids = new Set(answered.map(({ aggregateId }) => aggregateId));
  return records.flatMap(({ value }) => {
    const { commandid = '' } = envelopeOf(value);
    return ids.has(commandid) ? [] : [`27: ${commandid} was acknowledged and never answered`];
  });
}

/** 17 and 27, of the orchestrator: an answer that the broker may forget is not awaited any more. */
export function unappliedReplies({ records }: RecordBatch, database: MemoryDatabase): readonly string[] {
  return records.flatMap(({ value }) => {
    const { sagaid = '', sagastep = '', sagaitem, sagaround, sagadirection, outcome } = envelopeOf(value);
    if (outcome !== 'succeeded' && outcome !== 'declined') return [];
    if (value?.includes(forgedToken)) return [];
    const row = database.read((reader) => reader.table<InstanceRow>('saga_instances').get(sagaid));
    if (row === undefined || row.status === 'parked') return [];
    const unit = typeof sagaitem === 'number' ? `${sagastep}[${sagaitem}]` : sagastep;
    const { steps } = JSON.parse(row.state) as { steps: Record<string, { status: string; round: number }> };
    const step = steps[unit];
    const isAwaited = step?.status === (sagadirection === 'do' ? 'dispatched' : 'compensating');
    if (!isAwaited || step?.round !== sagaround || hasLetter(database, sagaid)) return [];
    return [`17: the reply to ${unit} of ${sagaid} was acknowledged and is still awaited`];
  });
}

/** Of the forged replies that the clients write. */
export const forgedToken = `key-1.${'A'.repeat(43)}`;

function hasLetter(database: MemoryDatabase, id: string): boolean {
  return database.read(
    (reader) =>
      reader.table<{ readonly sagaId: string }>('saga_mailbox').where(({ sagaId }) => sagaId === id).length > 0,
  );
}

function envelopeOf(value: string | null): Envelope {
  return JSON.parse(value ?? '{}') as Envelope;
}
