import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from './run-command.js';

export interface MavenJarsOptions {
  /** Names the folder in the cache: with the version in it, so that another version is fetched anew. */
  readonly name: string;
  /** `group:artifact:version`. */
  readonly dependencies: readonly string[];
}

/** Jars with all that they need, from Maven Central, kept for the next time. */
export interface MavenJars {
  present(): Promise<boolean>;
  /** The folder that holds them; fetches them where they are not there yet. */
  folder(): Promise<string>;
}

const copyDependencies = 'org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies';

export function mavenJars({ name, dependencies }: MavenJarsOptions): MavenJars {
  const target = (): string => join(cacheFolder(), name);
  const present = async (): Promise<boolean> => existsSync(join(target(), 'complete'));
  return {
    present,
    async folder() {
      const jars = target();
      if (await present()) return jars;
      await mkdir(join(jars, '..'), { recursive: true });
      const fresh = await mkdtemp(`${jars}-`);
      try {
        await writeFile(join(fresh, 'pom.xml'), pomOf(name, dependencies));
        const args = ['-B', '-q', '-C', copyDependencies, '-DincludeScope=runtime', `-DoutputDirectory=${fresh}`];
        await runPatiently(args, fresh);
        await writeFile(join(fresh, 'complete'), `${(await readdir(fresh)).join('\n')}\n`);
        await rm(jars, { recursive: true, force: true });
        await rename(fresh, jars).catch(async (error: unknown) => {
          // Another process was faster, with the same jars.
          if (!(await present())) throw error;
        });
      } finally {
        await rm(fresh, { recursive: true, force: true });
      }
      return jars;
    },
  };
}

function pomOf(name: string, dependencies: readonly string[]): string {
  const wanted = dependencies.map((dependency) => {
    const [group, artifact, version] = dependency.split(':');
    return `    <dependency>
      <groupId>${group}</groupId>
      <artifactId>${artifact}</artifactId>
      <version>${version}</version>
    </dependency>`;
  });
  return `<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>backstitch</groupId>
  <artifactId>${name}-jars</artifactId>
  <version>1</version>
  <dependencies>
${wanted.join('\n')}
  </dependencies>
</project>
`;
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

function cacheFolder(): string {
  const home = homedir();
  const cache = process.env['XDG_CACHE_HOME'] ?? (existsSync(home) ? join(home, '.cache') : tmpdir());
  return join(cache, 'backstitch');
}
