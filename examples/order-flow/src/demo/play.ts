import { createShop } from '../shop.js';
import type { Board, BoardRow } from './board.js';
import type { DemoStage } from './demo-stage.js';
import type { Screen } from './screen.js';

export interface PlayOptions {
  readonly stage: DemoStage;
  readonly board: Board;
  readonly screen: Screen;
}

interface Wish {
  readonly customerId: string;
  readonly story: string;
  readonly items: Readonly<Record<string, number>>;
}

const settleWithinMs = 45_000;
const downForMs = 1_000;
const isSettled = (row: BoardRow): boolean => row.status !== 'PENDING';

const ordinary: readonly Wish[] = [
  { customerId: 'ada', story: 'ordinary', items: { lamp: 2 } },
  { customerId: 'grace', story: 'ordinary', items: { chair: 1, lamp: 1 } },
  { customerId: 'edsger', story: 'out of stock', items: { globe: 5 } },
  { customerId: 'barbara', story: 'ordinary', items: { desk: 1 } },
  { customerId: 'broke', story: 'payment declined', items: { desk: 1 } },
  { customerId: 'ada', story: 'ordinary', items: { chair: 4 } },
  { customerId: 'grace', story: 'out of stock', items: { chair: 1, globe: 3 } },
  { customerId: 'edsger', story: 'ordinary', items: { lamp: 1, desk: 1 } },
  { customerId: 'broke', story: 'payment declined', items: { chair: 1, lamp: 1 } },
  { customerId: 'barbara', story: 'ordinary', items: { globe: 1 } },
  { customerId: 'ada', story: 'ordinary', items: { lamp: 3 } },
];
const whilePaymentsIsSilent: readonly Wish[] = [
  { customerId: 'ada', story: 'payments silent', items: { lamp: 1 } },
  { customerId: 'grace', story: 'payments silent', items: { desk: 1 } },
  { customerId: 'barbara', story: 'payments silent', items: { chair: 2 } },
];
const afterwards: readonly Wish[] = [{ customerId: 'edsger', story: 'payments is back', items: { lamp: 1 } }];
const whileInventoryCrashes: readonly Wish[] = [
  { customerId: 'ada', story: 'inventory crashed', items: { chair: 1 } },
  { customerId: 'grace', story: 'inventory crashed', items: { lamp: 2 } },
  { customerId: 'edsger', story: 'inventory crashed', items: { desk: 1, chair: 1 } },
  { customerId: 'barbara', story: 'inventory crashed', items: { lamp: 1 } },
  { customerId: 'broke', story: 'inventory crashed', items: { desk: 1 } },
];

/** Twenty orders in four acts. */
export async function play({ stage, board, screen }: PlayOptions): Promise<void> {
  await stockTheShop(stage);
  const order = (wishes: readonly Wish[]) => orderAll(stage, board, wishes);

  screen.say('Eleven orders at once: some are out of stock, some are declined by payments.');
  await order(ordinary);
  await board.watch((rows) => rows.every(isSettled), settleWithinMs);

  screen.say('Payments goes silent. Three orders time out; each is undone, which needs payments too, so they wait.');
  stage.silence('payments');
  await order(whilePaymentsIsSilent);
  await board.watch((rows) => rows.every((row) => isSettled(row) || row.saga === 'compensating'), settleWithinMs);
  screen.say(
    'Payments speaks again: it authorises late, and is told to void at once. The late answers change nothing.',
  );
  stage.speak('payments');
  await order(afterwards);
  await board.watch((rows) => rows.every(isSettled), settleWithinMs);

  screen.say('Five orders come in, and inventory crashes in the middle of them.');
  await Promise.all([order(whileInventoryCrashes), stage.crash('inventory')]);
  await board.watch(() => false, downForMs);
  screen.say('Inventory comes back.');
  await Promise.all([stage.restart('inventory'), board.watch((rows) => rows.every(isSettled), settleWithinMs)]);
}

async function stockTheShop(stage: DemoStage): Promise<void> {
  const shop = createShop(stage.urls);
  await shop.offer({ sku: 'lamp', name: 'Desk lamp', priceMinor: 2_900, stock: 40 });
  await shop.offer({ sku: 'chair', name: 'Office chair', priceMinor: 14_900, stock: 20 });
  await shop.offer({ sku: 'desk', name: 'Standing desk', priceMinor: 39_900, stock: 10 });
  await shop.offer({ sku: 'globe', name: 'Antique globe', priceMinor: 99_900, stock: 1 });
  for (const customerId of ['ada', 'grace', 'edsger', 'barbara']) await shop.openAccount(customerId, 500_000);
  await shop.openAccount('broke', 1_000);
}

async function orderAll(stage: DemoStage, board: Board, wishes: readonly Wish[]): Promise<void> {
  const shop = createShop(stage.urls);
  const placed = await Promise.all(
    wishes.map(async ({ customerId, items }) => {
      const lines = Object.entries(items).map(([sku, quantity]) => ({ sku, quantity }));
      return shop.order({ customerId, items: lines });
    }),
  );
  for (const [index, { customerId, story, items }] of wishes.entries()) {
    const text = Object.entries(items).map(([sku, quantity]) => `${quantity} ${sku}`);
    board.add({ orderId: placed[index] ?? '', story, customerId, items: text.join(', ') });
  }
}
