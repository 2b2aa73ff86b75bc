import { execFileSync } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {} from '@backstitch/devkit/vitest-servers';
import { describeWithKafka, kafkaBrokers } from '@backstitch/devkit/testing';
import { Kafka, logLevel } from 'kafkajs';
import knexPackage from 'knex';
import { describe, expect, inject, it } from 'vitest';
import { runDemo } from './run-demo.js';

const allHold = {
  stockConserved: true,
  moneyConserved: true,
  everyOrderSettled: true,
  noDuplicateEffect: true,
  reservedStockMatchesOrderItems: true,
  confirmedOrdersArePaid: true,
  noMessageStuck: true,
};

describe('the demo in memory', () => {
  it('settles every order and ends with one line of JSON', async () => {
    const { code, stdout, stderr } = await runDemo(['--json']).ended;
    const result = JSON.parse(stdout);
    expect(stdout.trim().split('\n')).toHaveLength(1);
    expect(result).toMatchObject({ orders: 20, parked: 0, transport: 'memory', invariants: allHold });
    expect(result.confirmed + result.cancelled).toBe(20);
    expect(result.durationMs).toBeGreaterThan(0);
    expect(stderr).toContain('every CONFIRMED order has an AUTHORIZED payment');
    expect(code).toBe(0);
  });

  it('puts products on Postgres too where there is no MySQL, and says why in one line', async () => {
    // No program is on the PATH, and what other runs have fetched lies elsewhere.
    const folder = await mkdtemp(join(tmpdir(), 'backstitch-demo-'));
    await chmod(folder, 0o755);
    const nothing = { PATH: '/nonexistent', TMPDIR: folder, MYSQL_URL: '', BACKSTITCH_REQUIRE_MYSQL: '' };
    const demo = runDemo([], nothing);
    await demo.says('demo: products lives on Postgres, as the others do: no mariadbd or mysqld on the PATH');
    const { code, stdout } = await demo.ended;
    await rm(folder, { recursive: true, force: true });
    expect(stdout).toContain('ok    no message is stuck');
    expect(code).toBe(0);
  });

  it('refuses an unknown flag with status 2, and says what it knows for --help', async () => {
    const refused = await runDemo(['--kafak']).ended;
    expect(refused).toMatchObject({
      code: 2,
      stdout: '',
      stderr: 'demo: unknown option --kafak; --help lists the known ones\n',
    });
    const help = await runDemo(['--help']).ended;
    expect(help.code).toBe(0);
    expect(help.stdout).toContain('npm run demo -- [options]');
  });

  it('ends with status 2 and names all three ways where there is no Kafka to be had', async () => {
    // CI requires Kafka of its tests; a visitor's machine does not know that word.
    const nothing = {
      PATH: '/nonexistent',
      DOCKER_HOST: 'unix:///nonexistent/docker.sock',
      BACKSTITCH_REQUIRE_KAFKA: '',
      BACKSTITCH_REQUIRE_MYSQL: '',
    };
    const { code, stdout, stderr } = await runDemo(['--kafka', '--json'], nothing).ended;
    expect(code).toBe(2);
    expect(stdout).toBe('');
    for (const way of ['KAFKA_BROKERS', 'a Docker engine', 'Java 17 with Maven']) expect(stderr).toContain(way);
  });
});

describeWithKafka('the demo on servers that are not its own', () => {
  const brokers = kafkaBrokers() ?? [];
  const given = { DATABASE_URL: inject('postgresUrl'), KAFKA_BROKERS: brokers.join(',') };

  async function leftovers(): Promise<readonly string[]> {
    const knex = knexPackage({ client: 'pg', connection: given.DATABASE_URL });
    const databases = await knex('pg_database').where('datname', 'like', 'order\\_flow\\_%').pluck('datname');
    await knex.destroy();
    const admin = new Kafka({ clientId: 'test', brokers, logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
    const topics = (await admin.listTopics()).filter((topic) => topic.startsWith('order-flow-demo-'));
    await admin.disconnect();
    return [...databases, ...topics];
  }

  it('settles every order though a service is killed, and leaves nothing behind', async () => {
    const { code, stdout } = await runDemo(['--kafka', '--json'], given).ended;
    expect(JSON.parse(stdout)).toMatchObject({ orders: 20, parked: 0, transport: 'kafka', invariants: allHold });
    expect(code).toBe(0);
    await expect.poll(leftovers).toEqual([]);
  });

  it('leaves no process and no data behind when it is interrupted', async () => {
    const demo = runDemo(['--kafka'], given);
    await demo.says('Payments goes silent');
    const children = childrenOf(demo.pid);
    expect(children.length).toBeGreaterThanOrEqual(5);
    demo.signal('SIGINT');
    expect((await demo.ended).code).toBe(130);
    expect(children.filter(isAlive)).toEqual([]);
    await expect.poll(leftovers).toEqual([]);
  });
});

function childrenOf(parent: number): readonly number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  return lines.flatMap((line) => {
    const [pid, ppid] = line.trim().split(/\s+/).map(Number);
    return ppid === parent && line.includes('main.js') && pid !== undefined ? [pid] : [];
  });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
