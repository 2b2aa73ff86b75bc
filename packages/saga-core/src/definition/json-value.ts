/** What survives a JSON round trip. */
export type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [key: string]: Json };

declare const complaint: unique symbol;
/** A type nothing is assignable to, whose text is what the compiler shows. */
export interface SagaTypeError<Message extends string> {
  readonly [complaint]: Message;
}

/**
 * `T` where every part of it can be stored as JSON, a `SagaTypeError` where a part cannot. Written as a check of `T` and not as a
 * constraint, so that interfaces without an index signature pass.
 */
export type Serializable<T> = T extends string | number | boolean | null | undefined | void
  ? T
  : T extends (...parameters: never[]) => unknown
    ? SagaTypeError<'functions cannot be stored in a saga'>
    : T extends Date | ReadonlyMap<unknown, unknown> | ReadonlySet<unknown> | bigint | symbol | Promise<unknown>
      ? SagaTypeError<'not JSON: convert to string or number first'>
      : T extends object
        ? { [K in keyof T]: Serializable<T[K]> }
        : T;

export type Simplify<T> = { [K in keyof T]: T[K] } & {};
