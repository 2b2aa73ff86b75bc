import { register } from 'node:module';

// Node 20 runs no TypeScript by itself, and a child process must run the sources as the tests do, not what was built last.
register('./typescript-hooks.mjs', import.meta.url);
