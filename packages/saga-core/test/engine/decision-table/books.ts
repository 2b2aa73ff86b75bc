import { expect } from 'vitest';
import { fold, type InstanceState, type JournalEntry, type StepStatus, withoutPace } from '../../../src/index.js';
import { traceLine } from '../../../src/testing/test-saga-trace.js';
import { engineSchema, participantNames, type Stage } from './stage.js';

/** What the tables and the wire tell of an instance. */
export interface Books {
  /** `compensated`, `running paused`, `parked CONTRACT_BROKEN hold`. */
  readonly saga: string;
  /** Steps that were reached, with the round behind those of a later one. */
  readonly steps: Readonly<Record<string, string>>;
  /** As `testSaga` traces it: `+step`, `-step` undone, `!step:CODE`, `?step` unknown, `~step:why` skipped. */
  readonly journal: readonly string[];
  /** What the relays sent, whatever became of it: commands, in order. */
  readonly sent: readonly string[];
  /** The command's rows, one each. */
  readonly outbox: Readonly<Record<string, string>>;
  /** Effects that the participants committed. */
  readonly effects: readonly string[];
  /** By step, with the round behind those of a later one. */
  readonly fence: Readonly<Record<string, string>>;
  /** What was kept for a person: bodies that parked it or came while it was parked. */
  readonly evidence: readonly unknown[];
  /** Counted no-ops. */
  readonly discards: readonly string[];
}

interface InstanceRow {
  readonly status: string;
  readonly paused: boolean;
  readonly state: string;
  readonly wake_at: Date | null;
  readonly finished_at: Date | null;
}

/** Reads the books of an instance at rest, and holds them against what is true of every instance. */
export async function readBooks(stage: Stage, id: string): Promise<Books> {
  const { knex, wire } = stage;
  const own = (table: string) => knex.withSchema(engineSchema).from(table);
  const row: InstanceRow = await own('saga_instances').where({ id }).first();
  const state = JSON.parse(row.state) as InstanceState;
  const rows: { seq: number; entry: string }[] = await own('saga_journal').where({ saga_id: id }).orderBy('seq');
  const entries = rows.map(({ entry }) => JSON.parse(entry) as JournalEntry);
  expect(rows.map(({ seq }) => seq)).toEqual(rows.map((_, index) => index + 1));
  expect(withoutPace(fold({ status: 'running', steps: {} }, entries).state)).toEqual(withoutPace(state));
  auditRow(row, state);
  const commands = await own('outbox_events').where({ key: id, aggregate_type: 'saga-command' }).orderBy('seq');
  expect(new Set(commands.map((each) => each.aggregate_id)).size).toBe(commands.length);
  const effects = await knex('effects').where({ saga_id: id }).orderBy('effect');
  expect(new Set(effects.map((each) => each.command_id)).size).toBe(effects.length);
  const discards = await own('saga_discards').where({ saga_id: id }).orderBy('step');
  const isUndone = (step: string): boolean => state.steps[step]?.status === 'compensated';
  return {
    saga: sagaLine(state),
    steps: Object.fromEntries(
      Object.entries(state.steps).map(([name, step]) => [name, inRound(step.status, step.round)]),
    ),
    journal: entries.flatMap(({ events }) => events.flatMap((event) => traceLine(event, isUndone) ?? [])),
    sent: wire.sendings(id).filter((sending) => !sending.includes(' answer#')),
    outbox: Object.fromEntries(commands.map((each) => [commandOf(each.aggregate_id), each.status])),
    effects: effects.map(({ effect }) => effect),
    fence: await fenceOf(stage, id),
    evidence: entries.flatMap(({ events }) => events.flatMap(evidenceIn)),
    discards: discards.map(({ step, reason, count }) => `${step}: ${reason} ${count}`),
  };
}

function evidenceIn(event: JournalEntry['events'][number]): readonly unknown[] {
  if (event.kind === 'sagaParked') return event.evidence === undefined ? [] : [event.evidence];
  return event.kind === 'evidenceKept' ? [event.body] : [];
}

function sagaLine({ status, parked, pausedAt }: InstanceState): string {
  const why = parked === undefined ? [] : [parked.code, ...(parked.step === undefined ? [] : [parked.step])];
  return [status, ...why, ...(pausedAt === undefined ? [] : ['paused'])].join(' ');
}

function inRound(status: StepStatus | string, round: number): string {
  return round === 1 ? status : `${status} in round ${round}`;
}

/** `<saga id>/hold/1/do` as `hold do`, and those of later rounds with them. */
function commandOf(commandId: string): string {
  const [, step, round, direction] = commandId.split('/');
  return inRound(`${step} ${direction}`, Number(round));
}

async function fenceOf({ knex }: Stage, id: string): Promise<Readonly<Record<string, string>>> {
  const fences = participantNames.map((name) =>
    knex.withSchema(`${name}_saga`).from('saga_fence').where({ saga_id: id }),
  );
  const rows = (await Promise.all(fences)).flat();
  return Object.fromEntries(rows.map(({ step, round, status }) => [inRound(step, round), status]));
}

/** The columns say what the state says, and whoever can move by itself has a time at which somebody looks at it. */
function auditRow({ status, paused, wake_at, finished_at }: InstanceRow, state: InstanceState): void {
  expect({ status, paused }).toEqual({ status: state.status, paused: state.pausedAt !== undefined });
  const isOver = status === 'completed' || status === 'compensated';
  expect(finished_at !== null).toBe(isOver);
  expect(wake_at !== null).toBe(!isOver && status !== 'parked' && !paused);
}
