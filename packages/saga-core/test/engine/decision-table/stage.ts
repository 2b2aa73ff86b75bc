import { testDatabase } from '@backstitch/devkit/testing';
import type { Logger, Transport } from '@backstitch/messaging';
import { createInMemoryBroker, type InMemoryBroker } from '@backstitch/messaging/testing';
import createKnex, { type Knex } from 'knex';
import type { AnySaga, InstanceView } from '../../../src/index.js';
import type { Participant } from '../../../src/participant/index.js';
import { participant } from '../../../src/knex/index.js';
import { type PostgresEngine, postgresEngine, postgresParticipant } from '../../../src/postgres/index.js';
import { allSagas, theirs } from './sagas.js';
import { createWire, type Passages, type Wire } from './wire.js';

/** What a handler makes of one delivery of its command. Each writes its effect first, so that what does not count has to be rolled back. */
export type Deed = 'does' | 'declines' | 'fails' | 'answers nonsense';

export interface Script {
  /** By command, as `hold do`: the first time the handler is called, the second, …; after the list it does what it is asked. */
  readonly deeds?: Readonly<Record<string, readonly Deed[]>>;
  readonly passages?: Passages;
}

export interface Told {
  readonly sagaId?: string;
  readonly code?: string;
  readonly message: string;
}

/** An engine and three participants on one Postgres, over a broker in memory, with the test between them. */
export interface Stage {
  readonly knex: Knex;
  readonly broker: InMemoryBroker;
  readonly wire: Wire;
  readonly engine: PostgresEngine<Knex.Transaction>;
  /** What the engine logged as an error or a warning. */
  readonly told: readonly Told[];
  /** Another engine of the same name, another process, which knows these sagas (default: the same). Opened by the caller, closed with the stage. */
  another(sagas?: readonly AnySaga[]): PostgresEngine<Knex.Transaction>;
  /** The instance's id. Nothing of it is sent before its script is known. */
  start(saga: AnySaga, script?: Script): Promise<string>;
  /** Waits until nothing moves by itself any more. */
  rest(id: string): Promise<InstanceView>;
  until(id: string, is: (view: InstanceView) => boolean): Promise<InstanceView>;
  /** So much time passes for an instance: whatever it stores is so much older. */
  elapse(id: string, ms: number): Promise<void>;
  close(): Promise<void>;
}

export const engineSchema = 'line_saga';
export const participantNames = ['stock', 'bank', 'post'] as const;
export const verb = { actor: 'ann', reason: 'she knows' };

export async function openStage(): Promise<Stage> {
  const database = await testDatabase();
  const knex = createKnex({ client: 'pg', connection: database.url, pool: { min: 0, max: 24 } });
  await knex.raw('create table effects (saga_id text not null, effect text not null, command_id text not null)');
  const broker = createInMemoryBroker();
  const wire = createWire(broker);
  const told: Told[] = [];
  const deeds = new Map<string, Deed[]>();
  const engine = engineOn({ knex, told, sagas: allSagas, transport: wire.through(broker.transport()) });
  const others: PostgresEngine<Knex.Transaction>[] = [];
  const participants = [...participantsOf(deeds)].map((each) =>
    postgresParticipant({
      database: knex,
      participant: each,
      orchestrators: ['lines'],
      transport: wire.through(broker.transport()),
      schema: `${each.name}_saga`,
    }),
  );
  await engine.migrate();
  await engine.ensureTopics();
  for (const each of participants) {
    await each.migrate();
    await each.open();
  }
  await engine.open();
  const until = async (id: string, is: (view: InstanceView) => boolean): Promise<InstanceView> => {
    for (;;) {
      const view = await engine.find(id);
      if (view !== undefined && is(view)) return view;
    }
  };
  return {
    knex,
    broker,
    wire,
    engine,
    told,
    until,
    another(sagas = allSagas) {
      const other = engineOn({ knex, told, sagas, transport: wire.through(broker.transport()) });
      others.push(other);
      return other;
    },
    async start(saga, { deeds: planned = {}, passages = {} } = {}) {
      return knex.transaction(async (trx) => {
        const { id } = await engine.start(saga, { input: {}, trx });
        for (const [name, list] of Object.entries(planned)) deeds.set(`${id} ${name}`, [...list]);
        wire.plan(id, passages);
        return id;
      });
    },
    rest: (id) => rest({ knex, broker, wire, engine }, id),
    elapse: (id, ms) => elapse(knex, id, ms),
    async close() {
      for (const each of [engine, ...others, ...participants]) await each.close();
      await knex.destroy();
      await database.drop();
    },
  };
}

interface EngineParts {
  readonly knex: Knex;
  readonly told: Told[];
  readonly sagas: readonly AnySaga[];
  readonly transport: Transport;
}

function engineOn({ knex, told, sagas, transport }: EngineParts): PostgresEngine<Knex.Transaction> {
  const hear = (fields: object, message: string): void => void told.push({ ...fields, message });
  const logger: Logger = { debug: () => undefined, info: () => undefined, warn: hear, error: hear };
  return postgresEngine({
    database: knex,
    name: 'lines',
    sagas,
    transport,
    schema: engineSchema,
    pollIntervalMs: 20,
    relayOptions: { pollIntervalMs: 20, longestPollIntervalMs: 20 },
    logger,
  });
}

interface Called {
  readonly trx: Knex.Transaction;
  readonly command: { readonly id: string; readonly sagaId: string; readonly step: string };
}

function participantsOf(deeds: ReadonlyMap<string, Deed[]>): readonly Participant[] {
  const perform = async ({ trx, command }: Called, direction: 'do' | 'undo'): Promise<Deed> => {
    const effect = `${command.step} ${direction}`;
    await trx('effects').insert({ saga_id: command.sagaId, effect, command_id: command.id });
    const deed = deeds.get(`${command.sagaId} ${effect}`)?.shift() ?? 'does';
    if (deed === 'fails') throw new Error('out of order');
    return deed;
  };
  const acts = async <No>(called: Called & { decline(code: 'NO', detail: Record<string, never>): No }) => {
    const deed = await perform(called, 'do');
    if (deed === 'declines') return called.decline('NO', {});
    return deed === 'answers nonsense' ? { odd: called.command.step } : { id: called.command.id };
  };
  const undoes = async (called: Called): Promise<void> => void (await perform(called, 'undo'));
  return [
    participant(theirs.stock, { take: acts, back: undoes }),
    participant(theirs.bank, { charge: acts, refund: undoes, commit: acts }),
    participant(theirs.post, { note: acts, ship: acts }),
  ];
}

/** Nothing unsent lies in an outbox, no handler runs, nothing is due, and it was the same a moment ago. */
async function rest(
  { knex, broker, wire, engine }: Pick<Stage, 'knex' | 'broker' | 'wire' | 'engine'>,
  id: string,
): Promise<InstanceView> {
  const tables = [engineSchema, ...participantNames.map((name) => `${name}_saga`)];
  const pending = tables.map(
    (schema) => `select id from ${schema}.outbox_events where key = :id and status = 'PENDING'`,
  );
  const sql = `select revision, wake_at <= clock_timestamp() as due, (select count(*) from (${pending.join(' union all ')}) p) as pending
     from ${engineSchema}.saga_instances where id = :id::uuid`;
  for (let before = ''; ; ) {
    await broker.idle();
    const { rows } = await knex.raw(sql, { id });
    const { revision, due, pending: unsent } = rows[0];
    const now = due === true || Number(unsent) > 0 ? '' : `${revision} ${wire.sendings(id).length}`;
    const view = now === '' || now !== before ? undefined : await engine.find(id);
    if (view !== undefined) return view;
    before = now;
  }
}

async function elapse(knex: Knex, id: string, ms: number): Promise<void> {
  await knex.transaction(async (trx) => {
    const table = () => trx.withSchema(engineSchema).from('saga_instances').where({ id });
    const { state } = await table().forUpdate().first('state');
    const older = (column: string) => trx.raw(`${column} - ? * interval '1 millisecond'`, [ms]);
    await table().update({
      state: JSON.stringify(JSON.parse(state), (name, value) => (isTime(name, value) ? value - ms : value)),
      wake_at: older('wake_at'),
      due_from: older('due_from'),
      // Whoever read it before has to read it again.
      revision: trx.raw('revision + 1'),
    });
    await trx.raw(
      `update ${engineSchema}.saga_journal set at = at - :ms::float8 * interval '1 millisecond',
          entry = jsonb_set(entry::jsonb, '{at}', to_jsonb((entry::jsonb ->> 'at')::bigint - :ms::bigint))::text
        where saga_id = :id::uuid`,
      { id, ms },
    );
  });
}

function isTime(name: string, value: unknown): value is number {
  return typeof value === 'number' && (name === 'at' || name.endsWith('At'));
}
