import { PostgresError } from './errors.js';

/** Postgres cuts longer names silently, and two names would become one. */
const maxIdentifierBytes = 63;
const schemaName = /^[a-z_][a-z0-9_]{0,62}$/;

/** A name for use in SQL text: `a"b` becomes `"a""b"`. Refuses what Postgres would cut or cannot hold (`IDENTIFIER_INVALID`). */
export function quoteIdentifier(name: string): string {
  const bytes = Buffer.byteLength(name, 'utf8');
  if (bytes === 0 || bytes > maxIdentifierBytes || name.includes('\0')) {
    throw new PostgresError(
      'IDENTIFIER_INVALID',
      `An SQL identifier has 1 to ${maxIdentifierBytes} bytes and no NUL.`,
      {
        fields: { name, bytes },
        hint: 'Choose a shorter name: Postgres would cut it without a word.',
      },
    );
  }
  return `"${name.replaceAll('"', '""')}"`;
}

/** The schema that the library's tables live in. Answers the name, so that an option can be validated where it is read. */
export function validateSchemaName(name: string): string {
  if (typeof name !== 'string' || !schemaName.test(name) || name.startsWith('pg_')) {
    throw new PostgresError('IDENTIFIER_INVALID', 'The schema name is not usable.', {
      fields: { schema: name },
      hint: 'Use lower-case letters, digits and underscores, at most 63, not beginning with a digit or with pg_, such as "backstitch".',
    });
  }
  return name;
}
