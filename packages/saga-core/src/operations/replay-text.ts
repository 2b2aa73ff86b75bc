import type { JournalEvent } from '../machine/journal-event.js';
import type { JsonDifference } from './json-difference.js';
import type { ReplayDivergence } from './replay-divergence.js';

interface Found {
  readonly recording: { readonly id: string; readonly saga: string; readonly version: number };
  readonly entries: number;
  readonly divergences: readonly ReplayDivergence[];
}

export function replayText({ recording, entries, divergences }: Found, recorded: number): string {
  const { id, saga, version } = recording;
  const head = `${saga} version ${version}, instance ${id}: ${entries} of ${recorded} entries replayed`;
  if (divergences.length === 0) return `${head}, all as recorded`;
  return [`${head}, and it diverges`, ...divergences.flatMap(divergenceLines), advice(divergences)].join('\n');
}

function divergenceLines(divergence: ReplayDivergence): readonly string[] {
  switch (divergence.kind) {
    case 'definition':
      return ['  the steps are others under the same version: the engine would refuse to start'];
    case 'step missing':
      return [`  entry ${divergence.seq}: there is no step '${divergence.step}' any more`];
    case 'answer': {
      const { seq, step, of, differences } = divergence;
      return [`  entry ${seq}: '${of}' of ${whose(step)} answers otherwise`, ...differences.map(differenceLine)];
    }
    case 'refused': {
      const { seq, step, code, message } = divergence;
      return [`  entry ${seq}: ${whose(step)} had an answer, and now it is parked: ${code}: ${message}`];
    }
    case 'course': {
      const { seq, recorded, now } = divergence;
      return [`  entry ${seq}: recorded is ${eventWords(recorded)}, now it is ${eventWords(now)}`];
    }
    default:
      return divergence satisfies never;
  }
}

function whose(step: string | undefined): string {
  return step === undefined ? 'the saga' : `step '${step}'`;
}

function differenceLine({ path, recorded, now }: JsonDifference): string {
  return `    ${path === '' ? '(all)' : path}: ${valueText(recorded)} -> ${valueText(now)}`;
}

function valueText(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

function eventWords(event: JournalEvent | undefined): string {
  if (event === undefined) return 'nothing';
  return 'step' in event && event.step !== undefined ? `${event.kind} of '${event.step}'` : event.kind;
}

function advice(divergences: readonly ReplayDivergence[]): string {
  const isHarmless = divergences.every(({ kind }) => kind === 'answer');
  return isHarmless
    ? '  instances under way would go on with other answers than those that this one had: give the change a version of its own, or record anew'
    : '  instances under way could not go on as they began: give the change a version of its own';
}
