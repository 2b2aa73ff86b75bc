import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entriesOf } from './publishable-packages.mjs';
import { runCommand } from './run-command.mjs';

const compiler = { typescript: '6.0.3', '@types/node': '20.19.43' };
const runner = { vitest: '4.1.12' };
const drivers = {
  knex: '3.3.0',
  pg: '8.23.1',
  '@types/pg': '8.20.0',
  kafkajs: '2.2.4',
  mysql2: '3.24.6',
  '@platformatic/kafka': '1.35.0',
};

/** These bring a client of Kafka, which who does not use them must not get. */
const clients = ['@backstitch/kafka', '@backstitch/kafka-platformatic'];
const withoutDatabase = ['@backstitch/messaging', '@backstitch/saga-core'];
const databaseEntries = ['@backstitch/saga-core/postgres', '@backstitch/saga-core/knex'];
const runnerEntries = ['@backstitch/saga-core/vitest'];
/** A careful user's settings: the declarations of the packages are checked too. */
const compilerOptions = {
  target: 'es2022',
  module: 'nodenext',
  moduleResolution: 'nodenext',
  strict: true,
  skipLibCheck: false,
  exactOptionalPropertyTypes: false,
  noEmit: true,
  types: ['node'],
};

/** Installs the tarballs with npm as a user would, then imports, requires and compiles every entry. */
export async function checkPacked(packed) {
  const all = packed.flatMap(entriesOf);
  const bare = packed.filter(({ name }) => withoutDatabase.includes(name)).flatMap(entriesOf);
  const inner = packed.filter(({ name }) => !clients.includes(name));
  return [
    ...(await tryOut(
      'a user with knex, pg, mysql2, both Kafka clients and vitest',
      packed,
      { ...drivers, ...runner },
      all,
    )),
    ...(await tryOut(
      'a user without knex, pg and mysql2',
      inner,
      {},
      bare.filter((entry) => ![...databaseEntries, ...runnerEntries].includes(entry)),
    )),
  ];
}

async function tryOut(who, packed, extra, entries) {
  const folder = mkdtempSync(join(tmpdir(), 'backstitch-user-'));
  try {
    writeProject(folder, packed, extra, entries);
    const options = { cwd: folder };
    const npm = ['install', '--no-audit', '--no-fund', '--prefer-offline'];
    const installed = await runCommand(process.platform === 'win32' ? 'npm.cmd' : 'npm', npm, options);
    if (!installed.ok) return [`${who}: npm install\n${installed.output}`];
    const faults = [];
    for (const driver of Object.keys(drivers)) {
      const there = existsSync(join(folder, 'node_modules', driver));
      if (there && !(driver in extra)) faults.push(`${who}: ${driver} was installed nevertheless`);
    }
    const steps = [
      ['import', process.execPath, ['import.mjs']],
      ['require', process.execPath, ['require.cjs']],
      ['tsc', process.execPath, ['node_modules/typescript/bin/tsc', '-p', '.']],
    ];
    for (const [step, file, args] of steps) {
      const { ok, output } = await runCommand(file, args, options);
      if (!ok) faults.push(`${who}: ${step}\n${output}`);
    }
    return faults;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function writeProject(folder, packed, extra, entries) {
  const tarballs = Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`]));
  const write = (name, text) => writeFileSync(join(folder, name), text);
  const manifest = {
    name: 'user',
    private: true,
    type: 'module',
    dependencies: { ...tarballs, ...extra, ...compiler },
    // What a package wants of its sisters must be the tarball too, and not an older one from the registry.
    overrides: Object.fromEntries(Object.keys(tarballs).map((name) => [name, `$${name}`])),
  };
  write('package.json', JSON.stringify(manifest));
  write('tsconfig.json', JSON.stringify({ compilerOptions, files: ['user.ts'] }));
  const bind = (entry, index) => `import * as m${index} from '${entry}';\n`;
  const list = entries.map((entry, index) => `  ['${entry}', m${index}],\n`).join('');
  write('user.ts', `${entries.map(bind).join('')}export const all = [\n${list}];\n`);
  write('import.mjs', `${entries.map(bind).join('')}const all = [\n${list}];\n${loaded}`);
  write(
    'require.cjs',
    `const all = [\n${entries.map((entry) => `  ['${entry}', require('${entry}')],\n`).join('')}];\n${loaded}`,
  );
}

const loaded = `for (const [entry, module] of all) {
  if (Object.keys(module).length === 0) throw new Error(entry + ' exports nothing');
}
`;
