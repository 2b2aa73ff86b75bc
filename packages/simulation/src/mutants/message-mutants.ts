import type { BatchHandler, Transport } from '@backstitch/messaging';
import type { OutboxStore } from '@backstitch/outbox';
import type { Mutant, MutantPlace } from './mutant.js';

/** Batches are handled otherwise. */
const handled =
  (bend: (handle: BatchHandler) => BatchHandler) =>
  (transport: Transport): Transport => ({
    ...transport,
    subscribe: (options) => transport.subscribe({ ...options, handle: bend(options.handle) }),
  });
const early = handled((handle) => async (batch, context) => void handle(batch, context).catch(() => undefined));
const careless = handled((handle) => (batch, context) => handle(batch, context).catch(() => undefined));

/** A relay that remembers how far it has come in the table, and never looks back. */
function cursor(store: OutboxStore): OutboxStore {
  let last = 0;
  return {
    ...store,
    async claim(options) {
      const rows = (await store.claim(options)).filter(({ seq }) => seq > last);
      last = Math.max(last, ...rows.map(({ seq }) => seq));
      return rows;
    },
  };
}

/** What was claimed is marked before it is sent. */
function marksFirst(store: OutboxStore): OutboxStore {
  return {
    ...store,
    async claim(options) {
      const rows = await store.claim(options);
      await store.settle(rows.map(({ id, epoch }) => ({ id, epoch, outcome: { kind: 'sent' } })));
      return rows;
    },
  };
}

interface Row {
  readonly id: string;
  readonly claimEpoch: number;
  readonly status: string;
}

/** A lease that is over marks the row all the same. */
function ignoresEpochs(store: OutboxStore, { database }: MutantPlace): OutboxStore {
  return {
    ...store,
    settle: (settlements) => {
      const rows = database.read((reader) => reader.table<Row>('outbox_events').values());
      const epochOf = new Map(rows.map(({ id, claimEpoch }) => [id, claimEpoch]));
      return store.settle(settlements.map((each) => ({ ...each, epoch: epochOf.get(each.id) ?? each.epoch })));
    },
  };
}

/** Faults on the way of messages. */
export const messageMutants: readonly Mutant[] = [
  { fault: 'commands are acknowledged before they are handled', participantTransport: early },
  { fault: 'replies are acknowledged before they are applied', engineTransport: early },
  { fault: 'commands whose handling fails are acknowledged', participantTransport: careless },
  { fault: 'replies whose handling fails are acknowledged', engineTransport: careless },
  { fault: 'commands are found by a cursor', engineOutbox: cursor },
  { fault: 'replies are marked before they are sent', participantOutbox: marksFirst },
  { fault: 'replies are marked under any lease', participantOutbox: ignoresEpochs },
];
