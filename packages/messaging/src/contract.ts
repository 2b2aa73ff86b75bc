import type { StandardSchemaV1 } from '@standard-schema/spec';

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
export interface Command<P extends string = string, Name extends string = string, Spec extends CommandSpec = CommandSpec> {
  readonly kind: 'command';
  readonly participant: P;
  /** `<participant>.<command>`, unique on the wire. */
  readonly name: Name;
  readonly spec: Spec;
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
export type Contract<P extends string = string, Commands extends Record<string, CommandSpec> = Record<string, CommandSpec>> = {
  readonly [K in keyof Commands & string]: Command<P, `${P}.${K}`, Commands[K]>;
};
