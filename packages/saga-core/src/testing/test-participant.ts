import { randomUUID } from 'node:crypto';
import {
  type AnyCommand,
  type CommandEnvelope,
  commandId,
  decodeReply,
  encodeJson,
  type ErrorsOf,
  type ReplyEnvelope,
  type ReplyOf,
  type RequestOf,
  silentLogger,
  systemClock,
  validate,
} from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import { replyTopic } from '../exchange/topic-names.js';
import type { Direction } from '../machine/saga-input.js';
import type { FenceStatus, FenceStore } from '../participant/fence-store.js';
import type { BoundHandler, Participant } from '../participant/participant.js';
import { processBatch } from '../participant/process-batch.js';
import { type ProcessCommandOptions, processCommand } from '../participant/process-command.js';
import { fenceStatusOf, type TestParticipantOptions, testParticipantStore } from './test-participant-store.js';

/** Which round of which step of which saga: do and undo of it meet at one row of the fence. */
export interface CommandPlace {
  readonly sagaId: string;
  readonly step: string;
  /** Default 1. */
  readonly round?: number;
}

/** What became of a command. It is a place, too: hand it to `undo`, or to `do` for a duplicate. */
export type CommandAnswer<C> = Answered<C> &
  CommandPlace & {
    /** False where the fence answered, and no handler was called. */
    readonly ran: boolean;
    /** What the fence remembers now. `fresh`: nothing. */
    readonly fence: FenceStatus;
  };

type Answered<C> =
  | { readonly outcome: 'succeeded'; readonly reply: ReplyOf<C> }
  | DeclinedWith<C>
  | { readonly outcome: 'failed'; readonly code: string; readonly message: string }
  /** Taken on, and answered later. */
  | { readonly outcome: 'accepted' };

type DeclinedWith<C> = {
  readonly [K in keyof ErrorsOf<C> & string]: {
    readonly outcome: 'declined';
    readonly code: K;
    readonly detail: ErrorsOf<C>[K];
  };
}[keyof ErrorsOf<C> & string];

/** A participant under test. */
export interface ParticipantTest {
  /** A command arrives. Without a place it is one of a saga of its own; a place that was used before makes it a duplicate. */
  do<C extends AnyCommand>(command: C, payload: RequestOf<C>, place?: Partial<CommandPlace>): Promise<CommandAnswer<C>>;
  /**
   * Commands that arrive together: a batch handler gets them in one call and one transaction, any other one by one. Answers in the order given.
   * `places` are theirs, in the same order; without one a command is of a saga of its own.
   */
  doAll<C extends AnyCommand>(
    command: C,
    payloads: readonly RequestOf<C>[],
    places?: readonly Partial<CommandPlace>[],
  ): Promise<readonly CommandAnswer<C>[]>;
  /** The undo of what was, or was not, done there. */
  undo<C extends AnyCommand>(command: C, payload: RequestOf<C>, of: CommandPlace): Promise<CommandAnswer<C>>;
  /** Takes away the schema that was made. */
  close(): Promise<void>;
}

/**
 * Drives a participant's real handlers through the real fence, without a broker: in memory, on your database, or in a transaction that you roll back.
 *
 * Trouble with the database itself (a lost connection) is thrown: a broker would deliver again.
 */
export async function testParticipant<Trx>(
  participant: Participant,
  options: TestParticipantOptions<Trx> = {},
): Promise<ParticipantTest> {
  const { store, close } = await testParticipantStore(options);
  const send = <C extends AnyCommand>(command: C, sendings: readonly Sending[]) =>
    handled({ participant, store }, command, sendings) as Promise<readonly CommandAnswer<C>[]>;
  const sendOne = async <C extends AnyCommand>(command: C, sending: Sending): Promise<CommandAnswer<C>> => {
    const [answer] = await send(command, [sending]);
    if (answer === undefined) throw new Error(`'${command.name}' was not answered`);
    return answer;
  };
  const doing = (command: AnyCommand, payload: unknown, place: Partial<CommandPlace> = {}): Sending => {
    const { sagaId = randomUUID(), step = shortName(command), round = 1 } = place;
    return { sagaId, step, round, direction: 'do', payload };
  };
  return {
    do: (command, payload, place) => sendOne(command, doing(command, payload, place)),
    doAll: (command, payloads, places = []) =>
      send(
        command,
        payloads.map((payload, at) => doing(command, payload, places[at])),
      ),
    undo: (command, payload, { sagaId, step, round = 1 }) =>
      sendOne(command, { sagaId, step, round, direction: 'undo', payload }),
    close,
  };
}

interface Sending extends Required<CommandPlace> {
  readonly direction: Direction;
  readonly payload: unknown;
}

interface Tested {
  readonly participant: Participant;
  readonly store: FenceStore<unknown>;
}

async function handled(
  { participant, store }: Tested,
  command: AnyCommand,
  sendings: readonly Sending[],
): Promise<readonly CommandAnswer<AnyCommand>[]> {
  const bound = participant.handlers.get(command.name);
  if (bound === undefined) throw notHandled(participant, command);
  const called = new Set<string>();
  const replies = new Map<string, string>();
  const options: ProcessCommandOptions<unknown> = {
    participant: noting(participant, called),
    store: listening(store, replies),
    fenceRetentionMs: command.fenceRetentionMs,
    bornLeaseMs: 5_000,
    publish: () => undefined,
    logger: silentLogger,
  };
  const envelopes = sendings.map((sending) => envelopeOf(participant, command, sending));
  const isDone = bound.handleBatch !== undefined && (await processBatch(options, envelopes)) === 'handled';
  if (!isDone) for (const envelope of envelopes) await processCommand(options, envelope);
  const answers: CommandAnswer<AnyCommand>[] = [];
  for (const { commandId: id, sagaId, step, round } of envelopes) {
    const answered = answeredBy(command, replies.get(id) ?? null);
    const fence = await fenceStatusOf(store, { sagaId, step, round, item: -1 });
    answers.push({ ...answered, sagaId, step, round, ran: called.has(id), fence });
  }
  return answers;
}

/** The same participant, whose handlers note which commands they are called for. */
function noting({ name, handlers }: Participant, called: Set<string>): Participant {
  const noted = [...handlers].map(([key, bound]): readonly [string, BoundHandler] => {
    const { handle, handleBatch } = bound;
    const one: typeof handle = (context) => {
      called.add(context.command.id);
      return handle(context);
    };
    if (handleBatch === undefined) return [key, { ...bound, handle: one }];
    const many: typeof handleBatch = (context) => {
      for (const { id } of context.commands) called.add(id);
      return handleBatch(context);
    };
    return [key, { ...bound, handle: one, handleBatch: many }];
  });
  return { name, handlers: new Map(noted) };
}

/** The same store, whose replies are read as they are written, by command. One that is rolled back is followed by the one that stays. */
function listening(store: FenceStore<unknown>, replies: Map<string, string>): FenceStore<unknown> {
  return {
    ...store,
    transaction: (work) =>
      store.transaction((tx) =>
        work({
          ...tx,
          record: (records, options) => {
            for (const { aggregateId, payload } of records.replies) replies.set(aggregateId, payload);
            return tx.record(records, options);
          },
        }),
      ),
  };
}

function envelopeOf(participant: Participant, { name }: AnyCommand, { payload, ...place }: Sending): CommandEnvelope {
  const now = new Date(systemClock.now()).toISOString();
  const identity = { ...place, item: null };
  return {
    ...identity,
    id: randomUUID(),
    source: 'test',
    command: name,
    time: now,
    saga: 'test',
    commandId: commandId(identity),
    attempt: 1,
    firstSentAt: now,
    replyTopic: replyTopic('test', participant.name),
    replyToken: 'test',
    installation: 'test',
    // As it comes over the wire: a value that JSON cannot hold would not.
    data: payload === undefined ? null : (JSON.parse(encodeJson(payload, { what: `payload of '${name}'` })) as unknown),
  };
}

function answeredBy(command: AnyCommand, payload: string | null): Answered<AnyCommand> {
  const decoded = decodeReply(payload);
  if (decoded.kind !== 'ok') throw new Error(`the reply to '${command.name}' cannot be read: ${decoded.reason}`);
  return readAnswer(command, decoded.envelope);
}

function readAnswer(
  { spec }: AnyCommand,
  { outcome, code = '', message = '', data }: ReplyEnvelope,
): Answered<AnyCommand> {
  switch (outcome) {
    case 'succeeded':
      return { outcome, reply: spec.reply === undefined ? undefined : read(spec.reply, data) };
    // Of any command nothing is known of its refusals: the type of the command at hand says more than this one.
    case 'declined': {
      const schema = (spec.errors as Record<string, typeof spec.request> | undefined)?.[code];
      return {
        outcome,
        code,
        detail: schema === undefined ? data : read(schema, data),
      } as unknown as Answered<AnyCommand>;
    }
    case 'failed':
      return { outcome, code, message };
    case 'accepted':
      return { outcome };
    default:
      return outcome satisfies never;
  }
}

/** As the orchestrator reads it. The participant has checked it by the same schema. */
function read(schema: Parameters<typeof validate>[0], data: unknown): unknown {
  const checked = validate(schema, data);
  return checked.kind === 'valid' ? checked.value : data;
}

function shortName({ name, participant }: AnyCommand): string {
  return name.slice(participant.length + 1);
}

function notHandled({ name, handlers }: Participant, command: AnyCommand): SagaError {
  return new SagaError('OPTION_INVALID', `participant '${name}' does not handle '${command.name}'`, {
    fields: { participant: name, command: command.name, known: [...handlers.keys()] },
    hint: 'give a command of the contract that the participant was made with',
  });
}
