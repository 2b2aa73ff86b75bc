import { tmpdir } from 'node:os';
import type { Probe } from './choose-ways.js';
import { DevkitError } from './devkit-error.js';
import type { MavenJars } from './maven-jars.js';
import { runCommand } from './run-command.js';

/** A small, quick-starting JVM: tests share two cores. */
export const javaOptions = ['-Xmx384m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
// Kafka 4 and Debezium 3 need Java 17.
const oldestJava = 17;

/** Whether the jars can be run here: Java is new enough, and they are there or Maven is. */
export async function probeJava(jars: MavenJars): Promise<Probe> {
  try {
    const version = await runCommand('java', ['-version'], { cwd: tmpdir(), timeout: 20_000 });
    const major = Number(/version "(\d+)/.exec(version)?.[1] ?? 0);
    if (major < oldestJava) return { kind: 'closed', reason: `Java ${major} is too old, ${oldestJava} is needed` };
    if (await jars.present()) return { kind: 'open' };
    await runCommand('mvn', ['--version'], { cwd: tmpdir(), timeout: 30_000 });
    return { kind: 'open' };
  } catch (error) {
    const missing = error instanceof DevkitError && error.message.startsWith('mvn') ? 'mvn' : 'java';
    return { kind: 'closed', reason: `no ${missing} on the PATH` };
  }
}
