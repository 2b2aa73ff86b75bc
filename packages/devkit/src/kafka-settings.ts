export interface KafkaPlace {
  /** Where the clients connect, on the loopback interface. */
  readonly port: number;
  /** The address to bind: all of them in a container. */
  readonly listen: '127.0.0.1' | '0.0.0.0';
  /** The port to bind, where it is not the one that clients see. */
  readonly innerPort?: number;
  readonly controllerPort: number;
  readonly dataFolder: string;
  readonly crashFriendly: boolean;
}

/** `server.properties` of one KRaft node that is broker and controller in one. */
export function kafkaSettings(place: KafkaPlace): Record<string, string> {
  const { port, listen, controllerPort } = place;
  return {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://${listen}:${place.innerPort ?? port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
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
