import { DevkitError } from './devkit-error.js';

/** Where a server may come from, in the order of preference. */
export type Way = 'env' | 'docker' | 'embedded';

export interface Tried {
  readonly way: Way;
  readonly reason: string;
}

/** What a probe found: the way is open, or why it is not. */
export type Probe = { readonly kind: 'open' } | { readonly kind: 'closed'; readonly reason: string };

export interface Facts {
  /** The way `BACKSTITCH_SERVERS` forces, if it does. */
  readonly forced: Way | undefined;
  readonly env: Probe;
  readonly docker: Probe;
  readonly embedded: Probe;
}

export interface Choice {
  /** The ways worth trying, best first. */
  readonly open: readonly Way[];
  readonly closed: readonly Tried[];
}

const order: readonly Way[] = ['env', 'docker', 'embedded'];

/** Pure: the probes are done before, so that the order itself can be tested without a server. */
export function chooseWays(facts: Facts): Choice {
  const open: Way[] = [];
  const closed: Tried[] = [];
  for (const way of order) {
    const probe = facts[way];
    if (facts.forced !== undefined && facts.forced !== way) {
      closed.push({ way, reason: `BACKSTITCH_SERVERS=${facts.forced}` });
    } else if (probe.kind === 'closed') {
      closed.push({ way, reason: probe.reason });
    } else {
      open.push(way);
    }
  }
  return { open, closed };
}

export function forcedWay(value: string | undefined): Way | undefined {
  if (value === undefined || value === '') return undefined;
  const way = order.find((candidate) => candidate === value);
  if (way === undefined) {
    throw new DevkitError('DEVKIT_UNKNOWN_WAY', `BACKSTITCH_SERVERS is "${value}"; it may be ${order.join(', ')}.`);
  }
  return way;
}

export function describeTried(tried: readonly Tried[]): string {
  return tried.map(({ way, reason }) => `${way}: ${reason}`).join('; ');
}
