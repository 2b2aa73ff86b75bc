import { type DriverOptions, type DriverSettings, invalid, resolveDriverOptions } from '@backstitch/kafka-driver';
import type { BaseOptions } from '@platformatic/kafka';

/** Where the brokers are and how to be let in, as every client of @platformatic/kafka takes it. */
export type ClientOptions = Pick<
  BaseOptions,
  'clientId' | 'bootstrapBrokers' | 'connectTimeout' | 'context' | 'sasl' | 'ssl' | 'tls' | 'tlsServerName'
>;

export interface PlatformaticTransportOptions extends DriverOptions {
  readonly client: ClientOptions;
}

export interface TransportSettings extends DriverSettings {
  readonly client: ClientOptions;
}

/** Checks each option once. Throws `KAFKA_OPTION_INVALID` with the field, the value found and what to do. */
export function resolveOptions(options: PlatformaticTransportOptions): TransportSettings {
  return { client: requireClient(options.client), ...resolveDriverOptions(options) };
}

function requireClient(client: ClientOptions): ClientOptions {
  if (typeof client?.clientId !== 'string' || !/^\S+$/.test(client.clientId)) {
    throw invalid(
      'client.clientId',
      client?.clientId,
      'Give a name without blanks: it stands in the logs of the broker.',
    );
  }
  if (!Array.isArray(client.bootstrapBrokers) || client.bootstrapBrokers.length === 0) {
    throw invalid('client.bootstrapBrokers', client.bootstrapBrokers, "Give brokers as 'host:port'.");
  }
  return client;
}
