import type { MemoryTable } from './memory-table.js';

const deleted = Symbol('deleted');
type Entry = object | typeof deleted;

/** What has been written on top of `below`, which stays untouched until `mergeDown`. The lowest layer is what is committed. */
export class MemoryLayer {
  readonly below: MemoryLayer | undefined;
  readonly #tables = new Map<string, Map<string, Entry>>();

  constructor(below?: MemoryLayer) {
    this.below = below;
  }

  table<Row extends object>(name: string): MemoryTable<Row> {
    const select = (fn: (row: Readonly<Row>) => boolean): Row[] =>
      [...this.#visible(name).values()].filter((row) => fn(row as Row)).map((row) => copyOf(row as Row));
    return {
      get: (key) => {
        const entry = this.#find(name, key);
        return entry === undefined ? undefined : copyOf(entry as Row);
      },
      set: (key, row) => void this.#own(name).set(key, copyOf(row)),
      delete: (key) => {
        const existed = this.#find(name, key) !== undefined;
        if (this.below === undefined) this.#own(name).delete(key);
        else this.#own(name).set(key, deleted);
        return existed;
      },
      values: () => select(() => true),
      where: select,
    };
  }

  /** Makes this layer's writes those of the layer below. */
  mergeDown(): void {
    const target = this.below;
    if (target === undefined) return;
    for (const [name, rows] of this.#tables) {
      for (const [key, entry] of rows) {
        if (entry !== deleted) target.#own(name).set(key, entry);
        else if (target.below === undefined) target.#own(name).delete(key);
        else target.#own(name).set(key, deleted);
      }
    }
  }

  #own(name: string): Map<string, Entry> {
    const rows = this.#tables.get(name) ?? new Map<string, Entry>();
    this.#tables.set(name, rows);
    return rows;
  }

  #find(name: string, key: string): object | undefined {
    const entry = this.#tables.get(name)?.get(key);
    if (entry === deleted) return undefined;
    if (entry !== undefined || this.below === undefined) return entry;
    return this.below.#find(name, key);
  }

  #visible(name: string): Map<string, object> {
    const own = this.#tables.get(name);
    if (this.below === undefined) return (own ?? new Map()) as Map<string, object>;
    const rows = this.below.#visible(name);
    if (own === undefined) return rows;
    const merged = new Map(rows);
    for (const [key, entry] of own) {
      if (entry === deleted) merged.delete(key);
      else merged.set(key, entry);
    }
    return merged;
  }
}

/** As `structuredClone` of plain rows, at a tenth of its price: objects, lists and dates are new, the rest cannot be changed. */
function copyOf<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf) as Value;
  const prototype: unknown = Object.getPrototypeOf(value);
  // A class's own state is its own affair; so is what has cycles.
  if (prototype !== Object.prototype && prototype !== null) return structuredClone(value);
  const copy: Record<string, unknown> = {};
  for (const name in value) copy[name] = copyOf(value[name]);
  return copy as Value;
}
