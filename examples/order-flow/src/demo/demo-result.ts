import { setTimeout as delay } from 'node:timers/promises';
import { checkInvariants, type InvariantReport, type Invariants } from '../checks/check-invariants.js';
import type { BoardRow } from './board.js';
import type { DemoStage } from './demo-stage.js';

export interface DemoResult {
  readonly orders: number;
  readonly confirmed: number;
  readonly cancelled: number;
  /** Sagas that need a person. */
  readonly parked: number;
  readonly invariants: Invariants;
  readonly transport: 'memory' | 'kafka';
  readonly durationMs: number;
}

/** The last events are still on their way when the last order settles. */
const restWithinMs = 10_000;

/** Checks until everything holds or the time for coming to rest is over: what drifts by then has drifted for good. */
export async function checkAtRest(stage: DemoStage, signal: AbortSignal): Promise<InvariantReport> {
  const endsAt = performance.now() + restWithinMs;
  for (;;) {
    const report = await checkInvariants(stage.databases);
    if (report.drift.length === 0 || performance.now() > endsAt) return report;
    await delay(200, undefined, { signal });
  }
}

export function countOrders(
  rows: readonly BoardRow[],
): Pick<DemoResult, 'orders' | 'confirmed' | 'cancelled' | 'parked'> {
  const count = (is: (row: BoardRow) => boolean): number => rows.filter(is).length;
  return {
    orders: rows.length,
    confirmed: count(({ status }) => status === 'CONFIRMED'),
    cancelled: count(({ status }) => status === 'CANCELLED'),
    parked: count(({ saga }) => saga === 'parked'),
  };
}

export function renderResult(result: DemoResult, drift: readonly string[]): readonly string[] {
  const { orders, confirmed, cancelled, parked, invariants, durationMs } = result;
  const check = (holds: boolean, sentence: string): string => `  ${holds ? 'ok   ' : 'DRIFT'} ${sentence}`;
  return [
    '',
    `${orders} orders: ${confirmed} confirmed, ${cancelled} cancelled, ${parked} parked, in ${(durationMs / 1_000).toFixed(1)} s`,
    '',
    check(invariants.stockConserved, 'what was delivered is available or reserved'),
    check(invariants.moneyConserved, 'what was paid in is on an account or held'),
    check(invariants.everyOrderSettled, 'every order is CONFIRMED or CANCELLED'),
    check(invariants.noDuplicateEffect, 'no command took effect twice'),
    check(invariants.noMessageStuck, 'no message is stuck'),
    '',
    'Consistency across the services:',
    check(invariants.reservedStockMatchesOrderItems, 'reserved stock is what confirmed orders ask for'),
    check(invariants.confirmedOrdersArePaid, 'every CONFIRMED order has an AUTHORIZED payment'),
    ...drift.map((sentence) => `        ${sentence}`),
  ];
}
