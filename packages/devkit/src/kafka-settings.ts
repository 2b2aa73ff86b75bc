export interface KafkaPlace {
  /** Where the clients connect, on the loopback interface. */
  readonly port: number;
  /** The address to bind: all of them in a container. */
  readonly listen: '127.0.0.1' | '0.0.0.0';
  /** The ports inside a container: for clients, who see another one, and for the broker's talk with itself. */
  readonly inner?: { readonly client: number; readonly broker: number };
  readonly controllerPort: number;
  readonly dataFolder: string;
  readonly crashFriendly: boolean;
}

/** `server.properties` of one KRaft node that is broker and controller in one. */
export function kafkaSettings(place: KafkaPlace): Record<string, string> {
  const { port, listen, controllerPort, inner } = place;
  // The broker verifies transactions by calling itself under its advertised address, and from inside a container
  // the clients' one leads nowhere.
  const self = inner === undefined ? '' : `,BROKER://127.0.0.1:${inner.broker}`;
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://${listen}:${inner?.client ?? port}${self},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}${self}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': inner === undefined ? 'PLAINTEXT' : 'BROKER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,BROKER:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': place.dataFolder,
    'offsets.topic.replication.factor': '1',
    'transaction.state.log.replication.factor': '1',
    'transaction.state.log.min.isr': '1',
    'group.initial.rebalance.delay.ms': '0',
    'auto.create.topics.enable': 'false',
    'group.min.session.timeout.ms': '1000',
    ...(place.crashFriendly ? { 'broker.session.timeout.ms': '1500', 'broker.heartbeat.interval.ms': '300' } : {}),
  };
}
