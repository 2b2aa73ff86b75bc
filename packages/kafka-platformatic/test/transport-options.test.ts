import { expect, it } from 'vitest';
import { platformaticTransport, type PlatformaticTransportOptions } from '../src/index.js';

const client = { clientId: 'test', bootstrapBrokers: ['127.0.0.1:1'] };

it.each<[string, PlatformaticTransportOptions]>([
  ['client.clientId', { client: { ...client, clientId: 'no blanks' } }],
  ['client.clientId', { client: undefined as never }],
  ['client.bootstrapBrokers', { client: { ...client, bootstrapBrokers: [] } }],
  ['sessionTimeoutMs', { client, sessionTimeoutMs: 1 }],
])('refuses a wrong %s with its name, the value and what to do', (field, options) => {
  expect(() => platformaticTransport(options)).toThrow(
    expect.objectContaining({
      code: 'KAFKA_OPTION_INVALID',
      fields: expect.objectContaining({ field }),
      hint: expect.stringMatching(/^Give /),
    }),
  );
});

it('connects to nobody before it is used, and closes', async () => {
  await platformaticTransport({ client }).close();
});
