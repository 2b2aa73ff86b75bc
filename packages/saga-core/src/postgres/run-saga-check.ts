import { defaultSchema } from '@backstitch/postgres';
import type { SagaDefinition } from '../definition/step-definition.js';
import { checkDatabase } from '../operations/check-database.js';
import { databaseCheckText } from '../operations/database-check-text.js';
import type { SagaLock } from '../operations/lock-definitions.js';
import { thrownMessage } from '../thrown-message.js';
import { countStandings } from './count-standings.js';
import { type DatabaseSource, databaseOf } from './database-source.js';
import { sagaTables } from './saga-tables.js';

export interface RunSagaCheckOptions<Trx> {
  /** A role that may read `saga_instances` is enough. */
  readonly database: DatabaseSource<Trx>;
  /** The schema of the library's tables. Default `backstitch`. */
  readonly schema?: string;
  /** What the release registers. */
  readonly sagas: readonly SagaDefinition[];
  /** The committed lock. */
  readonly lock?: SagaLock;
  /** Takes the report, a text of some lines: `(text) => process.stdout.write(text)`. */
  readonly write: (text: string) => void;
}

/**
 * A step of a pipeline: checks a release against a database and answers the exit code of the process. 0: all that live go on. 3: the release
 * would leave some where they are. 1: it could not be found out, and what was in the way is written.
 */
export async function runSagaCheck<Trx>(options: RunSagaCheckOptions<Trx>): Promise<0 | 1 | 3> {
  const { sagas, lock, write, schema = defaultSchema } = options;
  try {
    const { sql } = databaseOf(options.database, { preparedStatements: false });
    const store = { standings: () => countStandings(sql, { table: sagaTables(schema).instances }) };
    const check = await checkDatabase({ store, sagas, ...(lock === undefined ? {} : { lock }) });
    write(databaseCheckText(check));
    return check.exitCode;
  } catch (error) {
    write(`The check could not be made: ${thrownMessage(error)}\n`);
    return 1;
  }
}
