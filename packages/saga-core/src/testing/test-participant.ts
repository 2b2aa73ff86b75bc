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
import type { FenceKey, FenceStatus, FenceStore } from '../participant/fence-store.js';
import type { Participant } from '../participant/participant.js';
import { processCommand } from '../participant/process-command.js';
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
  const send = <C extends AnyCommand>(command: C, payload: unknown, about: Sending): Promise<CommandAnswer<C>> =>
    handled({ participant, store }, command, { ...about, payload }) as Promise<CommandAnswer<C>>;
  return {
    do: (command, payload, { sagaId = randomUUID(), step = shortName(command), round = 1 } = {}) =>
      send(command, payload, { sagaId, step, round, direction: 'do' }),
    undo: (command, payload, { sagaId, step, round = 1 }) =>
      send(command, payload, { sagaId, step, round, direction: 'undo' }),
    close,
  };
}

interface Sending extends Required<CommandPlace> {
  readonly direction: Direction;
}

interface Tested {
  readonly participant: Participant;
  readonly store: FenceStore<unknown>;
}

async function handled(
  { participant, store }: Tested,
  command: AnyCommand,
  { payload, ...sending }: Sending & { readonly payload: unknown },
): Promise<CommandAnswer<AnyCommand>> {
  if (!participant.handlers.has(command.name)) throw notHandled(participant, command);
  const calls = { made: 0 };
  const replies: string[] = [];
  await processCommand(
    {
      participant: counting(participant, calls),
      store: listening(store, replies),
      fenceRetentionMs: command.fenceRetentionMs,
      bornLeaseMs: 5_000,
      publish: () => undefined,
      logger: silentLogger,
    },
    envelopeOf(participant, command, { ...sending, payload }),
  );
  const { direction: _, ...place } = sending;
  const key: FenceKey = { ...place, item: -1 };
  const answered = answeredBy(command, replies.at(-1) ?? null);
  return { ...answered, ...place, ran: calls.made > 0, fence: await fenceStatusOf(store, key) };
}

function counting({ name, handlers }: Participant, calls: { made: number }): Participant {
  const counted = [...handlers].map(([key, { command, handle }]) => {
    const handleCounted: typeof handle = (context) => {
      calls.made += 1;
      return handle(context);
    };
    return [key, { command, handle: handleCounted }] as const;
  });
  return { name, handlers: new Map(counted) };
}

/** The same store, whose replies are read as they are written. One that is rolled back is followed by the one that stays. */
function listening(store: FenceStore<unknown>, replies: string[]): FenceStore<unknown> {
  return {
    ...store,
    transaction: (work) =>
      store.transaction((tx) =>
        work({
          ...tx,
          publish: (rows, options) => {
            replies.push(...rows.map(({ payload }) => payload));
            return tx.publish(rows, options);
          },
        }),
      ),
  };
}

function envelopeOf(
  participant: Participant,
  { name }: AnyCommand,
  { payload, ...place }: Sending & { readonly payload: unknown },
): CommandEnvelope {
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
