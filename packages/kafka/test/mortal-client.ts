import { connect, Socket } from 'node:net';
import kafkajs, { type Kafka } from 'kafkajs';

/** A kafkajs instance whose process can be made to look killed. */
export interface MortalClient {
  readonly kafka: Kafka;
  /** Cuts every connection and makes none again: no commit, no good-bye, no heartbeat. */
  kill(): void;
}

export function mortalClient(brokers: string[]): MortalClient {
  const sockets = new Set<Socket>();
  let dead = false;
  const kafka = new kafkajs.Kafka({
    clientId: 'test',
    brokers,
    logLevel: kafkajs.logLevel.NOTHING,
    socketFactory({ host, port, onConnect }) {
      if (dead) return new Socket().destroy(new Error('killed'));
      const socket = connect({ host, port }, onConnect).setNoDelay(true);
      sockets.add(socket);
      socket.on('close', () => sockets.delete(socket));
      return socket;
    },
  });
  return {
    kafka,
    kill() {
      dead = true;
      for (const socket of sockets) socket.destroy(new Error('killed'));
    },
  };
}
