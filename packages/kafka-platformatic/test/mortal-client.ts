import type { Socket } from 'node:net';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientOptions } from '../src/index.js';

/** Options of a client whose process can be made to look killed, or whose connections can be made deaf. */
export interface MortalClient {
  readonly client: ClientOptions;
  /** Cuts every connection and makes none again: no commit, no good-bye, no heartbeat. */
  kill(): void;
  /** The connections that there are stay open and bring nothing any more; new ones are sound. */
  deafen(): void;
  /** To be called when the client is not needed any more. */
  release(): void;
}

interface Connecting {
  readonly connection: { readonly context: unknown; readonly socket: Socket | undefined };
}

export function mortalClient(brokers: readonly string[]): MortalClient {
  const context = {};
  const sockets = new Set<Socket>();
  let dead = false;
  // The client tells of its connections, and passes on by which options they were made.
  const channel = 'tracing:plt:kafka:connections:connects:end';
  const onConnecting = (message: unknown): void => {
    const { connection } = message as Connecting;
    const { socket } = connection;
    if (connection.context !== context || socket === undefined) return;
    if (dead) socket.destroy(new Error('killed'));
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  };
  subscribe(channel, onConnecting);
  return {
    client: { clientId: 'test', bootstrapBrokers: [...brokers], context },
    kill() {
      dead = true;
      for (const socket of sockets) socket.destroy(new Error('killed'));
    },
    deafen() {
      for (const socket of sockets) socket.pause();
    },
    release: () => void unsubscribe(channel, onConnecting),
  };
}
