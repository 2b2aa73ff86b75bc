import { IdempotencyError } from './errors.js';

/** The part of Standard Schema (standardschema.dev) that is used here; zod, valibot and arktype fit it. */
export interface StandardSchemaLike<Input = unknown, Output = Input> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly types?: { readonly input: Input; readonly output: Output } | undefined;
    readonly validate: (value: unknown) => ValidationLike<Output> | Promise<ValidationLike<Output>>;
  };
}

export type ValidationLike<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly { readonly message: string; readonly path?: readonly unknown[] | undefined }[] };

/** How a value that is not JSON is stored and read back. */
export interface ResultCodec<T> {
  /** Answers JSON. */
  encode(value: T): unknown;
  decode(json: unknown): T;
}

/** What work may return, what is stored of it, and what comes out of the store. */
export type ResultShape =
  | { readonly kind: 'json' }
  | { readonly kind: 'codec'; readonly codec: ResultCodec<unknown> }
  | { readonly kind: 'schema'; readonly schema: StandardSchemaLike };

export function resultShape(result: ResultCodec<never> | StandardSchemaLike | undefined): ResultShape {
  if (result === undefined) return { kind: 'json' };
  if ('~standard' in result) return { kind: 'schema', schema: result };
  return { kind: 'codec', codec: result as unknown as ResultCodec<unknown> };
}

/** What is to be stored of a value. */
export function encodeResult(shape: ResultShape, value: unknown): unknown {
  return shape.kind === 'codec' ? shape.codec.encode(value) : value;
}

/** A schema reads what was stored also at the first run, so that both runs answer the same, transforms and defaults included. */
export async function decodeResult(shape: ResultShape, json: unknown): Promise<unknown> {
  switch (shape.kind) {
    case 'json':
      return json;
    case 'codec':
      return shape.codec.decode(json);
    case 'schema': {
      const validation = await shape.schema['~standard'].validate(json);
      if (validation.issues === undefined) return validation.value;
      throw new IdempotencyError('RESULT_INVALID', 'The result does not fit its schema.', {
        // Messages of validators quote values; paths do not.
        fields: { paths: validation.issues.map((issue) => (issue.path ?? []).map(segmentName).join('.')) },
        hint: 'At the first run: correct what the work returns. At a replay: the schema changed since; keep it readable for the life of the keys.',
      });
    }
  }
}

function segmentName(segment: unknown): string {
  return String(typeof segment === 'object' && segment !== null && 'key' in segment ? segment.key : segment);
}
