import type { Logger, Transport } from '@backstitch/messaging';

/** What a service needs that talks over the broker. */
export interface MessagingServiceOptions {
  readonly databaseUrl: string;
  readonly transport: Transport;
  readonly logger: Logger;
  /** Default 0: any free port. */
  readonly port?: number;
}
