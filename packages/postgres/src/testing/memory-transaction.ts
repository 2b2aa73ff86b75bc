import { PostgresError } from '../errors.js';
import { MemoryLayer } from './memory-layer.js';
import type { MemoryTable } from './memory-table.js';

/** An open transaction of a `MemoryDatabase`. Every use after its end throws `TRANSACTION_ENDED`, as the real one does. */
export class MemoryTransaction {
  readonly #done: () => void;
  #top: MemoryLayer;
  #open = true;

  constructor(committed: MemoryLayer, done: () => void) {
    this.#top = new MemoryLayer(committed);
    this.#done = done;
  }

  get isOpen(): boolean {
    return this.#open;
  }

  /** The handle may be kept: it always speaks to the innermost savepoint. */
  table<Row extends object>(name: string): MemoryTable<Row> {
    const here = (): MemoryTable<Row> => {
      this.#refuseEnded();
      return this.#top.table<Row>(name);
    };
    here();
    return {
      get: (key) => here().get(key),
      set: (key, row) => here().set(key, row),
      delete: (key) => here().delete(key),
      values: () => here().values(),
      where: (fn) => here().where(fn),
    };
  }

  /** What `work` wrote is undone where it throws; its error is rethrown and the transaction goes on. */
  async savepoint<T>(work: (trx: MemoryTransaction) => Promise<T>): Promise<T> {
    this.#refuseEnded();
    const below = this.#top;
    const layer = new MemoryLayer(below);
    this.#top = layer;
    try {
      const value = await work(this);
      this.#refuseEnded();
      layer.mergeDown();
      return value;
    } finally {
      this.#top = below;
    }
  }

  commit(): void {
    this.#refuseEnded();
    this.#open = false;
    this.#top.mergeDown();
    this.#done();
  }

  rollback(): void {
    this.#refuseEnded();
    this.#open = false;
    this.#done();
  }

  #refuseEnded(): void {
    if (this.#open) return;
    throw new PostgresError('TRANSACTION_ENDED', 'The transaction in memory has been committed or rolled back.', {
      hint: 'Await everything that uses the transaction before it ends.',
    });
  }
}
