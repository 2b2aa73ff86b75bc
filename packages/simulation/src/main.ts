import { writeFileSync } from 'node:fs';
import { killMutants, runCampaign } from './campaign-threads.js';
import { runSeed } from './run-seed.js';
import { sequenceDiagram } from './sequence-diagram.js';
import { shrinkTape } from './shrink-tape.js';
import { type Evidence, evidenceOf } from './simulation-evidence.js';
import { situations } from './sightings.js';

const say = (line: string): void => void process.stdout.write(`${line}\n`);
/** So many runs are spent on making a failing one simpler. */
const shrinkRuns = 600;
const seedsAMutant = 3_000;

/** Runs the seeds and the mutants, and says what came of them. Answers how many checks passed and failed. */
async function campaign(count: number, file: string | undefined): Promise<Evidence> {
  const begun = process.hrtime.bigint();
  const secondsSince = (): number => Number(process.hrtime.bigint() - begun) / 1e9;
  const report = await runCampaign(1, count, ({ seeds, failed }) => {
    if (seeds % 5_000 === 0)
      say(`${seeds} seeds, ${failed.length} of them broke a promise (${Math.round(secondsSince())} s)`);
  });
  const seconds = secondsSince();
  say(
    `${report.seeds} seeds, ${report.deeds} deeds of clients and operators, ${report.steps} steps in ${Math.round(seconds)} s`,
  );
  for (const { seed, violations } of report.failed.slice(0, 5)) {
    say(`SEED=${seed} npm run sim`);
    for (const violation of violations) say(`  ${violation}`);
  }
  for (const situation of situations) say(`${String(report.sightings[situation] ?? 0).padStart(9)} ${situation}`);
  const kills = await killMutants(seedsAMutant, ({ fault, seeds, violation }) =>
    say(seeds === undefined ? `SURVIVED ${fault}` : `killed by ${seeds} seeds: ${fault} (${violation})`),
  );
  const evidence = evidenceOf({ report, kills, seconds, command: `npm run sim -- ${count}` });
  if (file !== undefined) writeFileSync(file, `${JSON.stringify(evidence.summary, null, 2)}\n`);
  say(JSON.stringify(evidence.summary));
  return evidence;
}

/** One seed again: where it fails, made as simple as can be, and drawn. */
async function replay(seed: number): Promise<Evidence> {
  const report = await runSeed(seed);
  const again = await runSeed(seed);
  say(`seed ${seed}: ${report.steps} steps, history ${report.hash}`);
  for (const violation of report.violations) say(`  ${violation}`);
  if (again.hash !== report.hash) say(`and once more, history ${again.hash}: something is not the run's own`);
  const isGood = report.violations.length === 0 && again.hash === report.hash;
  if (report.violations.length > 0) {
    const simple = await shrinkTape(report.tape, { atMostRuns: shrinkRuns });
    say(`made simpler, ${simple.steps} steps:`);
    for (const violation of simple.violations) say(`  ${violation}`);
    say(sequenceDiagram(simple.happenings));
  }
  return { passed: isGood ? 1 : 0, failed: isGood ? 0 : 1, summary: undefined };
}

const [count = '20000', file] = process.argv.slice(2);
const { SEED: seed } = process.env;
const { passed, failed } = seed === undefined ? await campaign(Number(count), file) : await replay(Number(seed));
say(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
