import type { ConnectionOptions } from 'node:tls';
import { type DriverOptions, type DriverSettings, invalid, resolveDriverOptions } from '@backstitch/kafka-driver';
type Credential = string | (() => string | Promise<string>);

export interface SaslOptions {
  readonly mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' | 'OAUTHBEARER';
  readonly username?: Credential;
  readonly password?: Credential;
  /** Of OAUTHBEARER. */
  readonly token?: Credential;
}

/**
 * Where the brokers are and how to be let in, as every client of @platformatic/kafka takes it. Written out, because that package's own declarations
 * compile only with `skipLibCheck` or beside `@types/debug`.
 */
export interface ClientOptions {
  /** Without blanks. Stands in the logs of the broker. */
  readonly clientId: string;
  /** `host:port`. */
  readonly bootstrapBrokers: readonly string[];
  /** Default 5,000 ms. */
  readonly connectTimeout?: number;
  readonly tls?: ConnectionOptions;
  /** `true`: the broker's host. */
  readonly tlsServerName?: string | boolean;
  readonly sasl?: SaslOptions;
  /** Handed on to the client's diagnostic channels. */
  readonly context?: unknown;
}

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
