import { describe, expect, it } from 'vitest';
import { createOffsetLedger } from '../src/offset-ledger.js';

describe('an offset ledger', () => {
  it('has nothing to commit before something was handled', () => {
    expect(createOffsetLedger().pending()).toEqual([]);
  });

  it('answers the newest offset of each partition', () => {
    const ledger = createOffsetLedger();
    ledger.handled('orders', 0, 5n);
    ledger.handled('orders', 1, 7n);
    ledger.handled('orders', 0, 9n);
    expect(ledger.pending()).toEqual([
      { topic: 'orders', partition: 0, offset: 9n },
      { topic: 'orders', partition: 1, offset: 7n },
    ]);
  });

  it('never goes back', () => {
    const ledger = createOffsetLedger();
    ledger.handled('orders', 0, 9n);
    ledger.handled('orders', 0, 5n);
    expect(ledger.pending()).toEqual([{ topic: 'orders', partition: 0, offset: 9n }]);
    ledger.committed([{ topic: 'orders', partition: 0, offset: 9n }]);
    ledger.committed([{ topic: 'orders', partition: 0, offset: 5n }]);
    expect(ledger.pending()).toEqual([]);
  });

  it('keeps what was handled while a commit was on its way', () => {
    const ledger = createOffsetLedger();
    ledger.handled('orders', 0, 5n);
    const underWay = ledger.pending();
    ledger.handled('orders', 0, 8n);
    ledger.committed(underWay);
    expect(ledger.pending()).toEqual([{ topic: 'orders', partition: 0, offset: 8n }]);
  });

  it('counts offsets beyond 2^53 exactly', () => {
    const ledger = createOffsetLedger();
    ledger.handled('orders', 0, 2n ** 53n);
    ledger.committed(ledger.pending());
    ledger.handled('orders', 0, 2n ** 53n + 1n);
    expect(ledger.pending()).toEqual([{ topic: 'orders', partition: 0, offset: 2n ** 53n + 1n }]);
  });
});
