import { describe, expect, it } from 'vitest';
import type { SagaEngineOptions } from '../src/engine/engine-options.js';
import { createSagaEngine } from '../src/engine/saga-engine.js';
import { createParticipantRunner, type ParticipantRunnerOptions } from '../src/participant/participant-runner.js';
import { type PostgresEngineOptions, postgresEngine } from '../src/postgres/postgres-engine.js';
import { type PostgresParticipantOptions, postgresParticipant } from '../src/postgres/postgres-participant.js';

const cdc: unknown = { name: 'shop', relay: 'cdc', participant: { name: 'stock' } };

describe("relay: 'cdc'", () => {
  it.each<[string, () => unknown]>([
    ['an engine', () => createSagaEngine(cdc as SagaEngineOptions<object>)],
    ['a participant', () => createParticipantRunner(cdc as ParticipantRunnerOptions<object>)],
    ['an engine on Postgres', () => postgresEngine(cdc as PostgresEngineOptions<object>)],
    ['a participant on Postgres', () => postgresParticipant(cdc as PostgresParticipantOptions<object>)],
  ])('is refused to %s, whose messages need a relay, before anything else is looked at', (_, create) => {
    expect(create).toThrowError(
      expect.objectContaining({ code: 'OPTION_INVALID', fields: { field: 'relay', value: 'cdc' } }),
    );
  });
});
