import { testDatabase } from '@backstitch/devkit/testing';

// The tests of the page docs/how-to/handle-commands-in-batches.md, on a database of their own. Its server ends with the run.
const { url } = await testDatabase();
process.env['DATABASE_URL'] = url;
await import('../../../../docs/snippets/handle-commands-in-batches.js');
