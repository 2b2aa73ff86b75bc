import type { ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import ajvFormats from 'ajv-formats';
import { MessagingError } from './errors.js';

/** `first` is for commands from outside, where finding all violations of a hostile body costs more than it tells. */
export type Violations = 'first' | 'all';

const compilers = new Map<Violations, Ajv2020>();

/**
 * One compiler for all schemas of a process, made when first needed: each compiles its meta-schema anew, about 20 ms.
 *
 * @throws MessagingError SCHEMA_INVALID
 */
export function compileJsonSchema(schema: object, violations: Violations): ValidateFunction {
  let compiler = compilers.get(violations);
  if (!compiler) {
    compiler = new Ajv2020({
      strict: true,
      // Strict about what would not be checked, not about style: a union of types is legal.
      allowUnionTypes: true,
      allErrors: violations === 'all',
      $data: false,
      // Without it two schemas with one $id could not live in one process.
      addUsedSchema: false,
      // A schema is data of ours, and its faults are thrown; ajv would print them.
      logger: false,
    });
    ajvFormats.default(compiler);
    compilers.set(violations, compiler);
  }
  try {
    return compiler.compile(schema);
  } catch (cause) {
    throw new MessagingError(
      'SCHEMA_INVALID',
      `not a JSON Schema that can be checked: ${cause instanceof Error ? cause.message : String(cause)}`,
      {
        hint: 'It must be draft 2020-12, with "type" beside each keyword that needs one, and without unknown keywords and formats.',
        cause,
      },
    );
  }
}
