import { type Facts, type Probe, type Tried, type Way, chooseWays, forcedWay } from './choose-ways.js';
import { probeDocker } from './docker-engine.js';

export type Outcome<Server> =
  | { readonly kind: 'started'; readonly way: Way; readonly server: Server; readonly tried: readonly Tried[] }
  | { readonly kind: 'none'; readonly forced: boolean; readonly tried: readonly Tried[] };

export interface Ways<Server> {
  readonly env: { readonly probe: Probe; readonly start: () => Promise<Server> };
  readonly docker: { readonly start: () => Promise<Server> };
  readonly embedded: { readonly probe: () => Promise<Probe>; readonly start: () => Promise<Server> };
}

const unneeded: Probe = { kind: 'closed', reason: 'not needed' };

/**
 * Tries the open ways in order. A server named by the environment is never replaced by another one behind the
 * user's back: when it does not answer, that is an error. The other ways fall through (an engine without images).
 */
export async function tryWays<Server>(ways: Ways<Server>, environment: NodeJS.ProcessEnv): Promise<Outcome<Server>> {
  const forced = forcedWay(environment['BACKSTITCH_SERVERS']);
  const choice = chooseWays(await gatherFacts(ways, forced, environment));
  const tried: Tried[] = [...choice.closed];
  for (const way of choice.open) {
    try {
      return { kind: 'started', way, server: await ways[way].start(), tried };
    } catch (error) {
      if (way === 'env' || forced === way) throw error;
      tried.push({ way, reason: error instanceof Error ? firstLine(error.message) : String(error) });
    }
  }
  return { kind: 'none', forced: forced !== undefined, tried };
}

async function gatherFacts<Server>(
  ways: Ways<Server>,
  forced: Way | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Facts> {
  const settled = (forced ?? 'env') === 'env' && ways.env.probe.kind === 'open';
  const wanted = (way: Way): boolean => !settled && (forced === undefined || forced === way);
  const [docker, embedded] = await Promise.all([
    wanted('docker') ? probeDocker(environment) : unneeded,
    wanted('embedded') ? ways.embedded.probe() : unneeded,
  ]);
  return { forced, env: ways.env.probe, docker, embedded };
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? text;
}
