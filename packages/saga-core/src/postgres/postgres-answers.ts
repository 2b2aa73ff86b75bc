import { defaultSchema } from '@backstitch/postgres';
import { type Answers, type AnswersOptions, createAnswers } from '../participant/answers.js';
import { type DatabaseSource, databaseOf } from './database-source.js';
import { postgresFenceStore } from './postgres-fence-store.js';

export interface PostgresAnswersOptions<Trx> extends Omit<AnswersOptions<Trx>, 'store'> {
  /** The participant's own database. */
  readonly database: DatabaseSource<Trx>;
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
  /** Prepares the library's statements once a connection: see `DatabaseOptions` of `@backstitch/postgres`. Default false. */
  readonly preparedStatements?: boolean;
}

/** For a process that works on accepted commands and handles none: it needs the participant's database, and no broker. */
export function postgresAnswers<Trx>(options: PostgresAnswersOptions<Trx>): Answers<Trx> {
  const { schema = defaultSchema, preparedStatements = false, ...rest } = options;
  const database = databaseOf(options.database, { preparedStatements });
  return createAnswers({ ...rest, store: postgresFenceStore({ database, schema }) });
}
