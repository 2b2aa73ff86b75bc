import { SagaError } from '../errors.js';
import type { TestStage } from './create-test-engine.js';
import { earliest } from './test-ground.js';

/** Rounds of work without time passing. Beyond it something begets itself. */
const maxRounds = 10_000;

type Stage = Pick<TestStage<unknown>, 'broker' | 'clock' | 'activity' | 'ground' | 'process' | 'members'>;

/**
 * Runs everything that can go on without time passing. The loops of engine and relays look again only now and then: here they are asked to, so
 * that nothing hangs on the pace of a loop.
 */
export async function settle(stage: Stage): Promise<void> {
  for (let round = 0; round < maxRounds; round += 1) {
    await quiet(stage);
    if ((await lookOnce(stage)) === 0) return;
  }
  throw new SagaError('RESULT_TIMEOUT', `the test engine is not at rest after ${maxRounds} rounds`, {
    fields: { rounds: maxRounds, now: stage.clock.now() },
    hint: 'something begets itself without time passing: look at what sent() answers',
  });
}

/** Waits until neither the broker, nor a store, nor a function of the author's is at work. */
async function quiet({ broker, activity }: Stage): Promise<void> {
  for (;;) {
    const begun = activity.begun();
    await broker.settled();
    await activity.quiet();
    await broker.settled();
    if (activity.begun() === begun) return;
  }
}

async function lookOnce({ process, members }: Stage): Promise<number> {
  let found = 0;
  for (const each of [process, ...members.map((member) => member.process)]) {
    if (!each.isRunning()) continue;
    const { sent, refused } = await each.relay().runOnce();
    found += sent + refused;
  }
  if (process.isRunning()) found += await process.service().wakeDue();
  return found;
}

/** The next moment, later than now, at which something is due. */
async function nextMoment({ clock, ground, members }: Stage): Promise<number | undefined> {
  const due = await Promise.all([ground, ...members.map((member) => member.ground)].map((each) => each.nextMoment()));
  return earliest([clock.nextExactAt(), ...due]);
}

/**
 * Lets time pass up to a moment, stopping at each one at which something is due; ends sooner where `isReached` answers true. Answers whether
 * it did.
 */
export async function passTime(
  stage: Stage,
  untilMs: number,
  isReached: () => Promise<boolean> = async () => false,
): Promise<boolean> {
  const { clock } = stage;
  await settle(stage);
  for (;;) {
    if (await isReached()) return true;
    const next = await nextMoment(stage);
    if (next === undefined || next > untilMs) return false;
    clock.moveTo(next);
    await settle(stage);
  }
}
