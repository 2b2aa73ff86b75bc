import type { Tried } from './choose-ways.js';

/** A Kafka broker to test against. */
export interface KafkaServer {
  readonly kind: 'given' | 'docker' | 'embedded';
  readonly brokers: string[];
  stop(): Promise<void>;
  /** Freezes the broker: connections stay open and nobody answers. Only where the process is ours. */
  suspend?(): Promise<void>;
  resume?(): Promise<void>;
  /** SIGKILL; the data stays. */
  crash?(): Promise<void>;
  /** Starts it again after a crash, on the same port and data. */
  restart?(): Promise<void>;
}

export interface NoKafka {
  readonly kind: 'none';
  readonly tried: readonly Tried[];
}
