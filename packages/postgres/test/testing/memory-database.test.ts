import { describe, expect, it } from 'vitest';
import { createMemoryDatabase } from '../../src/testing/index.js';

interface Item {
  id: string;
  stock: number;
}

describe('the database in memory', () => {
  it('shows the outside nothing before the commit, and everything after', async () => {
    const database = createMemoryDatabase();
    const trx = await database.begin();
    trx.table<Item>('item').set('a', { id: 'a', stock: 1 });
    expect(trx.table<Item>('item').get('a')).toEqual({ id: 'a', stock: 1 });
    expect(database.read((reader) => reader.table<Item>('item').values())).toEqual([]);
    trx.commit();
    expect(database.read((reader) => reader.table<Item>('item').values())).toEqual([{ id: 'a', stock: 1 }]);
  });

  it('leaves nothing of work that threw', async () => {
    const database = createMemoryDatabase();
    await database.transaction(async (trx) => trx.table<Item>('item').set('a', { id: 'a', stock: 1 }));
    const error = new Error('out of stock');
    const running = database.transaction(async (trx) => {
      trx.table<Item>('item').delete('a');
      trx.table<Item>('other').set('b', { id: 'b', stock: 2 });
      throw error;
    });
    await expect(running).rejects.toBe(error);
    expect(database.read((reader) => [reader.table('item').values(), reader.table('other').values()])).toEqual([
      [{ id: 'a', stock: 1 }],
      [],
    ]);
  });

  it('runs one transaction at a time, in the order of their beginning', async () => {
    const database = createMemoryDatabase();
    const seen: string[] = [];
    const held = await database.begin();
    const others = ['first', 'second'].map((name) => database.transaction(async () => void seen.push(name)));
    seen.push('held');
    held.rollback();
    await Promise.all(others);
    expect(seen).toEqual(['held', 'first', 'second']);
  });

  it('goes on after work that threw', async () => {
    const database = createMemoryDatabase();
    await expect(database.transaction(async () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await database.transaction(async () => 'yes')).toBe('yes');
  });

  it('gives and takes clones', async () => {
    const database = createMemoryDatabase();
    await database.transaction(async (trx) => {
      const row = { id: 'a', stock: 1 };
      trx.table<Item>('item').set('a', row);
      row.stock = 99;
      const read = trx.table<Item>('item').get('a');
      if (read !== undefined) read.stock = 77;
      for (const each of trx.table<Item>('item').where(() => true)) each.stock = 55;
      expect(trx.table<Item>('item').get('a')).toEqual({ id: 'a', stock: 1 });
    });
  });

  it('undoes only what stands behind a savepoint that threw', async () => {
    const database = createMemoryDatabase();
    await database.transaction(async (trx) => {
      const items = trx.table<Item>('item');
      items.set('a', { id: 'a', stock: 1 });
      const inner = trx.savepoint(async () => {
        items.delete('a');
        await trx.savepoint(async () => items.set('b', { id: 'b', stock: 2 }));
        expect(items.values()).toEqual([{ id: 'b', stock: 2 }]);
        throw new Error('declined');
      });
      await expect(inner).rejects.toThrow('declined');
      expect(items.values()).toEqual([{ id: 'a', stock: 1 }]);
      await trx.savepoint(async () => void items.delete('a'));
      expect(items.delete('a')).toBe(false);
    });
    expect(database.read((reader) => reader.table('item').values())).toEqual([]);
  });

  it('keeps the order of first writing, also through an update in a later transaction', async () => {
    const database = createMemoryDatabase();
    await database.transaction(async (trx) => {
      for (const id of ['b', 'a']) trx.table<Item>('item').set(id, { id, stock: 1 });
    });
    await database.transaction(async (trx) => {
      trx.table<Item>('item').set('b', { id: 'b', stock: 5 });
      const rows = trx.table<Item>('item').values();
      expect(rows.map((row) => row.id)).toEqual(['b', 'a']);
    });
    expect(database.read((reader) => reader.table<Item>('item').where((row) => row.stock > 1))).toEqual([
      { id: 'b', stock: 5 },
    ]);
  });

  it('refuses every use after the end', async () => {
    const database = createMemoryDatabase();
    const ended = expect.objectContaining({ code: 'TRANSACTION_ENDED' });
    const trx = await database.begin();
    const table = trx.table<Item>('item');
    expect(trx.isOpen).toBe(true);
    trx.rollback();
    expect(trx.isOpen).toBe(false);
    expect(() => table.get('a')).toThrowError(ended);
    expect(() => trx.table('item')).toThrowError(ended);
    expect(() => trx.commit()).toThrowError(ended);
    expect(() => trx.rollback()).toThrowError(ended);
    await expect(trx.savepoint(async () => 1)).rejects.toEqual(ended);
  });
});
