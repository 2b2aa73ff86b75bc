import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './run-command.js';

const kafkaVersion = '4.1.0';
const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

const pom = `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>backstitch</groupId>
  <artifactId>kafka-jars</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>${kafkaVersion}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
`;

/** Kafka's own jars from Maven Central, kept for the next time. */
export const kafkaJars = { present, folder };

async function present(): Promise<boolean> {
  return existsSync(join(jarsFolder(), 'complete'));
}

async function folder(): Promise<string> {
  const target = jarsFolder();
  if (await present()) return target;
  await mkdir(join(target, '..'), { recursive: true });
  const fresh = await mkdtemp(`${target}-`);
  try {
    await writeFile(join(fresh, 'pom.xml'), pom);
    const args = ['-B', '-q', '-C', copyDependencies, '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`];
    await runPatiently(args, fresh);
    await writeFile(join(fresh, 'complete'), `${(await readdir(fresh)).join('\n')}\n`);
    await rm(target, { recursive: true, force: true });
    await rename(fresh, target).catch(async (error: unknown) => {
      // Another process was faster, with the same jars.
      if (!(await present())) throw error;
    });
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  return target;
}

/** A registry may drop one of some hundred requests; Maven goes on where it stopped. */
async function runPatiently(args: readonly string[], cwd: string): Promise<void> {
  for (let left = 2; ; left--) {
    try {
      await runCommand('mvn', args, { cwd, timeout: 300_000 });
      return;
    } catch (error) {
      if (left === 0) throw error;
    }
  }
}

function jarsFolder(): string {
  const home = homedir();
  const cache = process.env['XDG_CACHE_HOME'] ?? (existsSync(home) ? join(home, '.cache') : tmpdir());
  return join(cache, 'backstitch', `kafka-${kafkaVersion}`);
}
