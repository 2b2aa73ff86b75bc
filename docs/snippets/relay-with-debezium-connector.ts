// #region connector
import { debeziumConnectorConfig, debeziumNames, debeziumSetupSql } from '@backstitch/outbox';

const name = 'shop'; // its own on the whole Postgres server
export const heartbeatTopic = debeziumNames(name).heartbeatTopic;

export const setupSql = debeziumSetupSql({ name, user: 'debezium' });

export const connector = {
  name: 'shop-outbox',
  config: debeziumConnectorConfig({
    name,
    database: { host: 'db.internal', name: 'shop', user: 'debezium', password: process.env['DEBEZIUM_PASSWORD'] ?? '' },
  }),
};
// #endregion connector

// #region post
export async function postConnector(connectUrl: string): Promise<void> {
  const response = await fetch(`${connectUrl}/connectors/${connector.name}/config`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(connector.config),
  });
  if (!response.ok) throw new Error(`Kafka Connect answered ${response.status}: ${await response.text()}`);
}
// #endregion post
