import { foundText } from './found-text.js';
import type { StandardSchemaV1 } from '@standard-schema/spec';
import { MessagingError } from './errors.js';
import { isStandardSchema } from './standard-schema.js';

/** What one command carries, answers and may decline with. Any Standard Schema library serves: zod, valibot, arktype, `jsonSchema()`. */
export interface CommandSpec {
  readonly request: StandardSchemaV1;
  /** Absent: the command answers nothing but that it succeeded. */
  readonly reply?: StandardSchemaV1;
  /** Business refusals by code, with the shape of their detail. */
  readonly errors?: Readonly<Record<string, StandardSchemaV1>>;
}

type Output<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<S> : void;
type Input<S> = S extends StandardSchemaV1 ? StandardSchemaV1.InferInput<S> : void;

/** One command of a participant: `inventory.reserve`. */
export interface Command<
  P extends string = string,
  Name extends string = string,
  Spec extends CommandSpec = CommandSpec,
> {
  readonly kind: 'command';
  readonly participant: P;
  /** `<participant>.<command>`, unique on the wire. */
  readonly name: Name;
  readonly spec: Spec;
  /** The contract's, in milliseconds. It stands here because the orchestrator holds commands, not contracts. */
  readonly fenceRetentionMs: number;
}
// biome-ignore lint/suspicious/noExplicitAny: `any` is what lets every command fit, whatever its spec.
export type AnyCommand = Command<string, string, any>;

type SpecOf<C> = C extends Command<string, string, infer S> ? S : never;
/** What the orchestrator gives. */
export type RequestOf<C> = Input<SpecOf<C>['request']>;
/** What the handler receives, after the schema's own transforms. */
export type ReceivedOf<C> = Output<SpecOf<C>['request']>;
/** What later steps read. */
export type ReplyOf<C> = SpecOf<C>['reply'] extends StandardSchemaV1 ? Output<SpecOf<C>['reply']> : void;
/** What the handler returns. */
export type ReplyInputOf<C> = SpecOf<C>['reply'] extends StandardSchemaV1 ? Input<SpecOf<C>['reply']> : void;
/** Declared refusals: code to detail. */
export type ErrorsOf<C> =
  SpecOf<C>['errors'] extends Readonly<Record<string, StandardSchemaV1>>
    ? { [K in keyof SpecOf<C>['errors'] & string]: Output<SpecOf<C>['errors'][K]> }
    : Record<never, never>;

export interface ContractOptions {
  /**
   * How long the participant remembers what became of a command, in milliseconds. The orchestrator refuses to send, and the
   * participant to run, a command older than this. Default 90 days.
   */
  readonly fenceRetentionMs?: number;
}

/** The commands of one participant, shared between it and the orchestrators that call it. */
export type Contract<
  P extends string = string,
  Commands extends Record<string, CommandSpec> = Record<string, CommandSpec>,
> = {
  readonly [K in keyof Commands & string]: Command<P, `${P}.${K}`, Commands[K]>;
};

const defaultFenceRetentionMs = 90 * 24 * 60 * 60 * 1_000;
const namePattern = /^[A-Za-z][A-Za-z0-9_-]*$/;
/** Of `<participant>.<command>`, as the envelope allows it. */
const longestName = 128;

/**
 * Declares the commands of one participant. The answer is frozen, and holds one `Command` by each name:
 * `contract('inventory', { reserve: { request, reply, errors } }).reserve.name === 'inventory.reserve'`.
 *
 * @throws MessagingError CONTRACT_INVALID, naming the field, the value found and what to do.
 */
export function contract<const P extends string, const Commands extends Record<string, CommandSpec>>(
  participant: P,
  commands: Commands,
  options: ContractOptions = {},
): Contract<P, Commands> {
  checkName('participant', participant);
  const fenceRetentionMs = options.fenceRetentionMs ?? defaultFenceRetentionMs;
  if (!Number.isSafeInteger(fenceRetentionMs) || fenceRetentionMs <= 0) {
    throw invalid('fenceRetentionMs', fenceRetentionMs, 'Give whole milliseconds, more than 0.');
  }
  const entries = Object.entries(commands);
  if (entries.length === 0) throw invalid('commands', '{}', 'Declare at least one command.');
  const declared = entries.map(([key, spec]) => {
    checkName(`commands.${key}`, key);
    const name = `${participant}.${key}`;
    if (name.length > longestName)
      throw invalid(
        `commands.${key}`,
        name,
        `Shorten it: "${participant}.<command>" has at most ${longestName} characters.`,
      );
    const command: Command = {
      kind: 'command',
      participant,
      name,
      spec: checkedSpec(`commands.${key}`, spec),
      fenceRetentionMs,
    };
    return [key, Object.freeze(command)] as const;
  });
  // The one place where the compiler cannot follow: names are computed, the mapped type says which.
  return Object.freeze(Object.fromEntries(declared)) as unknown as Contract<P, Commands>;
}

/** Each command of a contract, in the order of declaration. */
export function commandsOf(contract: Contract): readonly AnyCommand[] {
  return Object.values(contract);
}

/** What holds for a contract as a whole: who serves it, and how long that participant's fence remembers, in milliseconds. */
export function contractOptions(contract: Contract): {
  readonly participant: string;
  readonly fenceRetentionMs: number;
} {
  const [first] = commandsOf(contract);
  if (!first) throw invalid('contract', '{}', 'Make it with contract().');
  return { participant: first.participant, fenceRetentionMs: first.fenceRetentionMs };
}

function checkName(field: string, found: unknown): void {
  if (typeof found === 'string' && namePattern.test(found) && found.length <= longestName) return;
  throw invalid(field, found, `Use a letter, then letters, digits, "_" or "-", ${longestName} characters at most.`);
}

function checkedSpec(field: string, spec: CommandSpec): CommandSpec {
  checkSchema(`${field}.request`, spec?.request);
  if (spec.reply !== undefined) checkSchema(`${field}.reply`, spec.reply);
  for (const [code, schema] of Object.entries(spec.errors ?? {})) {
    checkName(`${field}.errors`, code);
    checkSchema(`${field}.errors.${code}`, schema);
  }
  // A copy: what the caller keeps may change, what the engine was given may not.
  return Object.freeze(
    spec.errors === undefined ? { ...spec } : { ...spec, errors: Object.freeze({ ...spec.errors }) },
  );
}

function checkSchema(field: string, found: unknown): void {
  if (isStandardSchema(found)) return;
  throw invalid(
    field,
    found === null ? 'null' : typeof found,
    'Give a Standard Schema: zod, valibot, arktype, or jsonSchema() for a JSON Schema.',
  );
}

function invalid(field: string, found: unknown, hint: string): MessagingError {
  return new MessagingError('CONTRACT_INVALID', `contract: ${field} is ${foundText(found)}`, {
    fields: { field, found },
    hint,
  });
}
