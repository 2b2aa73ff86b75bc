import { commandId } from '@backstitch/messaging';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { commandMessage, commandRowId } from '../../src/engine/command-message.js';
import { operate, type OperatorInput } from '../../src/engine/operate.js';
import { type Preview, previewVerb } from '../../src/engine/preview-verb.js';
import { stepStateOf } from '../../src/machine/instance.js';
import type { Resolution } from '../../src/machine/saga-input.js';
import { everyKind } from '../operations/order-saga.js';
import { Drive } from '../machine/drive.js';
import { play, randomMove } from '../machine/random-play.js';
import { randomSaga } from '../machine/random-saga.js';
import { hold, saga, shop } from '../machine/sagas.js';
import { type MemoryAdvance, memoryAdvance, storedDrive } from './memory-advance.js';

const note = { actor: 'ann', reason: 'a test' };
const kinds = ['cancel', 'pause', 'resume', 'retry', 'skip', 'resolve'] as const;

/** Where it is about a step: about the one that the instance is parked for, or any. */
function verbOf(kind: (typeof kinds)[number], pick: number, { definition, instance }: Drive): OperatorInput {
  const names = [...definition.steps.keys()];
  const step = instance.state.parked?.step ?? names[pick % names.length] ?? '';
  if (kind === 'skip') return { kind, step, ...note };
  if (kind !== 'resolve') return { kind, ...note };
  const outcomes: readonly Resolution[] = [
    { kind: 'succeeded' },
    { kind: 'declined', code: 'N', message: 'n' },
    { kind: 'compensated' },
  ];
  return { kind, step, outcome: outcomes[pick % 3] ?? { kind: 'succeeded' }, ...note };
}

/** The instance in a store, with the commands that still lie in the outbox; the time is that of the drive. */
async function storeDrive(drive: Drive): Promise<MemoryAdvance> {
  const memory = memoryAdvance([drive.definition]);
  const { options, clock } = memory;
  const { id: sagaId, saga, state } = drive.instance;
  const messages = [...drive.unsent].flatMap((step) => {
    const { status, round } = stepStateOf(state, step);
    if (status !== 'dispatched' || drive.definition.steps.get(step)?.kind !== 'invoke') return [];
    const id = commandId({ sagaId, step, item: null, round, direction: 'do' });
    const command = {
      kind: 'sendCommand',
      commandId: id,
      participant: 'shop',
      command: 'shop.hold',
      step,
      round,
    } as const;
    const effect = { ...command, direction: 'do', attempt: 1, firstSentAt: 0, data: {} } as const;
    return [commandMessage(effect, { sagaId, saga, now: 0 }, options.sender)];
  });
  await options.store.transaction((tx) => tx.insert([storedDrive(drive, { messages })]));
  await clock.advance(drive.now);
  return memory;
}

type Seen<T> = { readonly value: T } | { readonly code: unknown; readonly message: string; readonly fields: unknown };

async function seen<T>(work: Promise<T>): Promise<Seen<T>> {
  try {
    return { value: await work };
  } catch (error) {
    const { code, message, fields } = error as Error & { readonly code: unknown; readonly fields: unknown };
    return { code, message, fields };
  }
}

async function snapshot({ options, database }: MemoryAdvance, sagaId: string) {
  const journal = await options.store.reads.journal(sagaId, { afterSeq: 0, limit: 1_000 });
  const rows = database.read((reader) =>
    reader.table<{ id: string; seq: number; payload: string; topic: string }>('outbox_events').values(),
  );
  return { journal, rows, revision: (await options.store.load([sagaId])).instances[0]?.revision };
}

/** Only what each sending makes anew. */
const dataOf = (payload: string): unknown => (JSON.parse(payload) as { data?: unknown }).data;

async function compare(drive: Drive, verb: OperatorInput): Promise<Preview['kind'] | 'refused' | 'partial'> {
  const memory = await storeDrive(drive);
  const { id } = drive.instance;
  const before = await snapshot(memory, id);
  const previewed = await seen(previewVerb(memory.options, id, verb));
  expect(await snapshot(memory, id)).toEqual(before);
  const said = await seen(operate(memory.options, id, verb));
  if (!('value' in previewed)) {
    expect(said).toEqual(previewed);
    return 'refused';
  }
  const { value: preview } = previewed;
  const after = await snapshot(memory, id);
  const written = after.journal.slice(before.journal.length);
  if (preview.endsAt !== null) {
    expect(written.slice(0, preview.entries.length)).toEqual(preview.entries);
    return 'partial';
  }
  expect(said).toEqual({ value: preview.kind });
  expect(written).toEqual(preview.entries);
  const last = Math.max(0, ...before.rows.map(({ seq }) => seq));
  const sent = after.rows.filter(({ seq }) => seq > last).sort((one, other) => one.seq - other.seq);
  expect(sent.map(({ id: row, topic, payload }) => [row, topic, dataOf(payload)])).toEqual(
    preview.messages.map(({ commandId: command, topic, data }) => [commandRowId(id, command), topic, data ?? null]),
  );
  const gone = before.rows.filter((row) => after.rows.every((each) => each.id !== row.id)).map((row) => row.id);
  expect(gone.sort()).toEqual(
    preview.withdrawn
      .map((command) => commandRowId(id, command))
      .filter((row) => before.rows.some((each) => each.id === row))
      .sort(),
  );
  const stored = (await memory.options.store.load([id])).instances[0];
  expect(stored?.instance.state.status).toBe(preview.after.status);
  return preview.kind;
}

describe('a preview of a verb', () => {
  it('is what the verb then does, in whatever state the instance is', async () => {
    const outcomes = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        randomSaga,
        fc.array(randomMove, { maxLength: 14 }),
        fc.nat({ max: 11 }),
        async (definition, moves, pick) => {
          const drive = new Drive(definition, {}).start();
          for (const move of moves) play(drive, move);
          for (const kind of kinds) outcomes.add(`${kind} ${await compare(drive, verbOf(kind, pick, drive))}`);
        },
      ),
      { numRuns: 300 },
    );
    // None of these may have been missed, or the property says less than it seems.
    const applied = kinds.map((kind) => `${kind} applied`);
    expect([...outcomes]).toEqual(expect.arrayContaining([...applied, 'cancel refused', 'retry refused']));
  }, 60_000);

  it('tells the steps that it moves, what it would send, and what it takes back unsent', async () => {
    const drive = new Drive(everyKind).start().local('createOrder', { kind: 'succeeded', output: { id: 'o1' } });
    drive.succeeds('reserveStock');
    drive.unsent.add('authorizePayment');
    const { options } = await storeDrive(drive);
    const preview = await previewVerb(options, 's', { kind: 'cancel', ...note });
    expect(preview).toMatchObject({ kind: 'applied', verb: 'cancel', endsAt: null });
    expect([preview.before.status, preview.after.status]).toEqual(['running', 'compensating']);
    expect(preview.withdrawn).toEqual(['s/authorizePayment/1/do']);
    expect(preview.steps).toEqual([
      { step: 'authorizePayment', before: 'dispatched', after: 'skipped' },
      { step: 'note', before: 'dispatched', after: 'compensating' },
    ]);
    expect(preview.messages.map(({ topic, command, step, direction }) => [topic, command, step, direction])).toEqual([
      ['mail.commands', 'backstitch.tombstone', 'note', 'undo'],
    ]);
    expect(preview.messages[0]?.bytes).toBeGreaterThan(200);
    expect(JSON.stringify(preview)).not.toMatch(/token/i);
  });

  it('ends where a local function would run, and names it', async () => {
    const alone = new Drive(everyKind).start().local('createOrder');
    for (const step of ['reserveStock', 'authorizePayment', 'note']) alone.unsent.add(step);
    const memory = await storeDrive(alone);
    const cancelled = await previewVerb(memory.options, 's', { kind: 'cancel', ...note });
    expect(cancelled.withdrawn).toHaveLength(3);
    expect(cancelled.endsAt).toEqual({ step: 'createOrder', direction: 'undo' });
    expect(cancelled.entries.at(-1)?.events.at(-1)).toEqual({ kind: 'undoDispatched', step: 'createOrder' });
  });

  it('names children that it would begin, and whom it would tell', async () => {
    const input = z.looseObject({});
    const parcel = saga('parcel', { version: 1, input: z.object({ to: z.string() }) })
      .invoke('hold', shop.hold, hold)
      .build();
    const order = saga('order', { version: 1, input })
      .waitFor('approval', input)
      .child('parcel', parcel, { with: () => ({ to: 'work' }) })
      .build();
    const drive = new Drive(order).start().verb('pause');
    drive.give({ kind: 'signalled', step: 'approval', id: 'a', body: {} });
    const held = await storeDrive(drive);
    const begun = await previewVerb(held.options, 's', { kind: 'resume', ...note });
    expect(begun.children).toEqual([{ id: expect.any(String), saga: 'parcel', input: { to: 'work' } }]);
    const running = await storeDrive(drive.verb('resume'));
    const cancelled = await previewVerb(running.options, 's', { kind: 'cancel', ...note });
    expect(cancelled.told).toEqual([{ id: begun.children[0]?.id, kind: 'parentTurnedBack' }]);
  });

  it('is refused as the verb is: no note, no such instance, a version that is not known', async () => {
    const { options } = await storeDrive(new Drive(everyKind).start());
    const verb = { kind: 'cancel', ...note } as const;
    await expect(previewVerb(options, 's', { ...verb, actor: ' ' })).rejects.toMatchObject({ code: 'OPTION_INVALID' });
    await expect(previewVerb(options, 'other', verb)).rejects.toMatchObject({ code: 'INSTANCE_UNKNOWN' });
    const stranger = { ...options, definitions: memoryAdvance([]).options.definitions };
    await expect(previewVerb(stranger, 's', verb)).rejects.toMatchObject({ code: 'VERSION_UNKNOWN' });
  });
});
