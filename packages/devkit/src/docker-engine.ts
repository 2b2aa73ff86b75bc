import { existsSync } from 'node:fs';
import { type RequestOptions, request } from 'node:http';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Probe } from './choose-ways.js';

/** How a Docker engine is reached: what `node:http` needs, and nothing of a client library. */
export type EngineAddress = { readonly socketPath: string } | { readonly host: string; readonly port: number };

const pingTimeout = 3_000;

/** A Docker client without an engine is common, so the engine itself is asked, and not for long. */
export async function probeDocker(environment: NodeJS.ProcessEnv): Promise<Probe> {
  const address = engineAddress(environment);
  if (address === undefined) return { kind: 'closed', reason: 'no Docker engine' };
  const answered = await ping(address);
  return answered ? { kind: 'open' } : { kind: 'closed', reason: 'no Docker engine answers' };
}

/** The places where Testcontainers looks, in its order. */
export function engineAddress(environment: NodeJS.ProcessEnv): EngineAddress | undefined {
  const given = environment['DOCKER_HOST'];
  if (given !== undefined && given !== '') return parseHost(given);
  if (process.platform === 'win32') return { socketPath: '//./pipe/docker_engine' };
  const runtime = environment['XDG_RUNTIME_DIR'];
  const candidates = [
    '/var/run/docker.sock',
    ...(runtime === undefined ? [] : [join(runtime, 'docker.sock')]),
    join(homedir(), '.docker', 'run', 'docker.sock'),
    join(homedir(), '.docker', 'desktop', 'docker.sock'),
  ];
  const socketPath = candidates.find((candidate) => existsSync(candidate));
  return socketPath === undefined ? undefined : { socketPath };
}

function parseHost(value: string): EngineAddress | undefined {
  if (!URL.canParse(value)) return undefined;
  const url = new URL(value);
  if (url.protocol === 'unix:' || url.protocol === 'npipe:') return { socketPath: url.pathname };
  return { host: url.hostname, port: Number(url.port === '' ? 2375 : url.port) };
}

async function ping(address: EngineAddress): Promise<boolean> {
  return new Promise<boolean>((resolve) => {
    const options: RequestOptions = { ...address, path: '/_ping', timeout: pingTimeout };
    const asking = request(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(false));
    asking.on('close', () => resolve(false));
    asking.end();
  });
}
