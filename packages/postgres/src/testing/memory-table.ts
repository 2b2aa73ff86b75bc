/** Rows under string keys, in the order of their first writing. Every row is a clone: nobody changes the table through a reference. */
export interface MemoryTable<Row extends object> {
  get(key: string): Row | undefined;
  set(key: string, row: Row): void;
  /** True where there was such a row. */
  delete(key: string): boolean;
  values(): Row[];
  /** `fn` sees the stored row and must not change it. */
  where(fn: (row: Readonly<Row>) => boolean): Row[];
}
