import { type Duration, parseDuration } from '../definition/duration.js';
import type { InstanceView } from '../engine/instance-view.js';
import { SagaError } from '../errors.js';
import { coverageSink } from '../operations/coverage-sink.js';
import type { Recording } from '../operations/recording.js';
import type { TestStage } from './create-test-engine.js';
import { sentMessages } from './sent-message.js';
import type { Goal, TestEngine } from './test-engine.js';
import { passTime, settle } from './test-engine-time.js';
import type { RecordedInstance } from './test-ground.js';
import type { TestProcess } from './test-process.js';
import { violationsIn } from './test-violations.js';

type Of = string | { readonly id: string };

const idOf = (of: Of): string => (typeof of === 'string' ? of : of.id);

/** The face of a test engine: its own methods, and those of whatever engine runs in it now. */
export function testEngineFace<Trx>(stage: TestStage<Trx>): TestEngine<Trx> {
  const { clock, broker, process, members, definitions } = stage;
  const own = {
    now: clock.now,
    settle: () => settle(stage),
    async advance(duration: Duration | number) {
      const untilMs = clock.now() + (typeof duration === 'number' ? duration : parseDuration(duration, 'duration'));
      await passTime(stage, untilMs);
      clock.moveTo(untilMs);
      await settle(stage);
    },
    until: (of: Of, goal: Goal, { within = '1d' }: { readonly within?: Duration } = {}) =>
      until(stage, idOf(of), { goal, within }),
    sent: (of?: Of) => sentMessages(broker).filter(({ sagaId }) => of === undefined || sagaId === idOf(of)),
    recordings: async () => (await stage.ground.recordings()).map(recordingOf),
    async recording(of: Of) {
      const found = (await stage.ground.recordings()).find(({ id }) => id === idOf(of));
      if (found === undefined) throw unknown(idOf(of));
      return recordingOf(found);
    },
    async violations() {
      const fences = await Promise.all(members.map(async ({ name, ground }) => [name, await ground.fences()] as const));
      return violationsIn({ definitions, instances: await stage.ground.recordings(), fences: new Map(fences) });
    },
    process,
    participant: (name: string) => processOf(stage, name),
    outage: broker.outage,
    heal: broker.heal,
    calm: broker.calm,
    close: () => close(stage),
  };
  return Object.defineProperties(
    {},
    { ...engineMembers(stage), ...Object.getOwnPropertyDescriptors(own) },
  ) as TestEngine<Trx>;
}

/** A restart brings another engine: each member is looked up where it is used. */
function engineMembers<Trx>({ process }: TestStage<Trx>): PropertyDescriptorMap {
  const names = Object.keys(process.service()) as (keyof ReturnType<typeof process.service>)[];
  return Object.fromEntries(names.map((name) => [name, { enumerable: true, get: () => process.service()[name] }]));
}

async function until<Trx>(
  stage: TestStage<Trx>,
  id: string,
  { goal, within }: { readonly goal: Goal; readonly within: Duration },
): Promise<InstanceView> {
  const { clock, process } = stage;
  const look = async (): Promise<InstanceView> => {
    const view = await process.service().find(id);
    if (view === undefined) throw unknown(id);
    return view;
  };
  const isReached = async (): Promise<boolean> => {
    const view = await look();
    return typeof goal === 'string' ? view.status === goal : goal(view);
  };
  const reached = await passTime(stage, clock.now() + parseDuration(within, 'within'), isReached);
  const view = await look();
  if (reached) return view;
  const { status, parked, failure } = view;
  const wanted = typeof goal === 'string' ? `not ${goal}` : 'not what was awaited';
  const why = parked ?? failure;
  const because = why === undefined ? '' : `: ${why.code}: ${why.message}`;
  throw new SagaError('RESULT_TIMEOUT', `saga ${id} is ${status} after ${within}, ${wanted}${because}`, {
    fields: { sagaId: id, status, steps: view.steps, parked, failure },
    hint: 'look at its steps and at what sent() answers, or let more time pass with { within }',
  });
}

function processOf<Trx>({ members }: TestStage<Trx>, name: string): TestProcess {
  const found = members.find((member) => member.name === name);
  if (found !== undefined) return found.process;
  throw new SagaError('OPTION_INVALID', `there is no participant '${name}' in this test`, {
    fields: { participant: name, known: members.map((member) => member.name) },
    hint: "give it to createTestEngine under 'participants'",
  });
}

function recordingOf({ id, saga, version, hash, input, journal }: RecordedInstance): Recording {
  return { id, saga, version, hash, input, journal };
}

function unknown(id: string): SagaError {
  return new SagaError('INSTANCE_UNKNOWN', `there is no instance ${id} in this test`, { fields: { sagaId: id } });
}

async function noteCoverage<Trx>({
  definitions,
  ground,
}: Pick<TestStage<Trx>, 'definitions' | 'ground'>): Promise<void> {
  const sink = coverageSink();
  if (sink === undefined) return;
  for (const recorded of await ground.recordings()) {
    const definition = definitions.find(({ name, version }) => name === recorded.saga && version === recorded.version);
    if (definition !== undefined) sink.add(definition, recorded);
  }
}

async function close<Trx>({ definitions, process, members, ground }: TestStage<Trx>): Promise<void> {
  await process.close();
  for (const member of members) await member.process.close();
  await noteCoverage({ definitions, ground });
  for (const each of [...members.map((member) => member.ground), ground]) await each.drop();
}
