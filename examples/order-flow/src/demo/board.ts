import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { OrderStatus } from '../orders/order-book.js';

/** One order as the audience sees it. */
export interface BoardRow {
  readonly number: number;
  readonly orderId: string;
  /** Why this order is in the play. */
  readonly story: string;
  readonly customerId: string;
  readonly items: string;
  readonly status: OrderStatus;
  readonly saga: string;
  readonly reason: string;
}

export interface NewRow {
  readonly orderId: string;
  readonly story: string;
  readonly customerId: string;
  readonly items: string;
}

/** All orders of the demo, read again and again from the order service's database. */
export interface Board {
  add(row: NewRow): void;
  rows(): readonly BoardRow[];
  /** Reads until `done` says so of the rows, or until the time is over; answers which. */
  watch(done: (rows: readonly BoardRow[]) => boolean, withinMs: number): Promise<'done' | 'too late'>;
}

export interface BoardOptions {
  readonly orders: Knex;
  readonly signal: AbortSignal;
  readonly onChange: (rows: readonly BoardRow[], changed: readonly BoardRow[]) => void;
}

const lookEveryMs = 200;

export function createBoard({ orders, signal, onChange }: BoardOptions): Board {
  let rows: readonly BoardRow[] = [];
  const look = async (): Promise<void> => {
    const states = await readStates(orders);
    const before = rows;
    rows = before.map((row) => ({ ...row, ...states.get(row.orderId) }));
    const changed = rows.filter(
      (row, index) => row.status !== before[index]?.status || row.saga !== before[index]?.saga,
    );
    onChange(rows, changed);
  };
  return {
    add(row) {
      rows = [...rows, { ...row, number: rows.length + 1, status: 'PENDING', saga: '', reason: '' }];
    },
    rows: () => rows,
    async watch(done, withinMs) {
      const endsAt = performance.now() + withinMs;
      for (;;) {
        signal.throwIfAborted();
        await look();
        if (done(rows)) return 'done';
        if (performance.now() > endsAt) return 'too late';
        await delay(lookEveryMs, undefined, { signal });
      }
    },
  };
}

type State = Pick<BoardRow, 'status' | 'saga' | 'reason'>;

async function readStates(orders: Knex): Promise<ReadonlyMap<string, State>> {
  const { rows } = await orders.raw<{
    rows: { id: string; status: OrderStatus; reason: string | null; saga: string | null }[];
  }>(`
    select o.id, o.status, o.cancel_reason as reason, s.status as saga
    from orders o left join backstitch.saga_instances s on s.saga = 'place-order' and s.start_key = o.id::text`);
  return new Map(rows.map(({ id, status, reason, saga }) => [id, { status, saga: saga ?? '', reason: reason ?? '' }]));
}
