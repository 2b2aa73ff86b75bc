import type { Knex } from 'knex';
import type { MessagingServiceName, PublishingServiceName, ServiceName } from '../service-names.js';

/** Where the demo plays: all services run, and accidents can be caused. */
export interface DemoStage {
  /** Where each service listens now. */
  urls(): Readonly<Record<ServiceName, string>>;
  /** Connections of the demo's own, to look at the services' databases. */
  readonly databases: Readonly<Record<PublishingServiceName, Knex>>;
  /** From now on the service handles no message. */
  silence(service: MessagingServiceName): void;
  speak(service: MessagingServiceName): void;
  /** Ends the service without any farewell. */
  crash(service: MessagingServiceName): Promise<void>;
  restart(service: MessagingServiceName): Promise<void>;
}
