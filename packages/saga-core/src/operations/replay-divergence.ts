import { isDeepStrictEqual } from 'node:util';
import type { JournalEvent } from '../machine/journal-event.js';
import { asJson, type JsonDifference, jsonDifferences } from './json-difference.js';

/** An author's function, as the definition has it. */
export type AuthorFunction = 'with' | 'when' | 'over' | 'output' | 'compensate.with';

/** Something that the code of today does otherwise than it is recorded. `seq` names the journal's entry. */
export type ReplayDivergence =
  /** Names, kinds, order, commands or pivot are others under the same version: the engine refuses to start. */
  | { readonly kind: 'definition'; readonly recordedHash: string; readonly hash: string }
  /** A step was removed or renamed. Nothing after it can be compared. */
  | { readonly kind: 'step missing'; readonly seq: number; readonly step: string }
  /** An author's function answers otherwise. */
  | {
      readonly kind: 'answer';
      readonly seq: number;
      readonly step: string | undefined;
      readonly of: AuthorFunction;
      readonly differences: readonly JsonDifference[];
    }
  /** An author's function throws, or its answer breaks its contract, where it had answered. */
  | {
      readonly kind: 'refused';
      readonly seq: number;
      readonly step: string | undefined;
      readonly code: string;
      readonly message: string;
    }
  /** Another thing follows. Nothing after it can be compared. */
  | {
      readonly kind: 'course';
      readonly seq: number;
      readonly recorded: JournalEvent | undefined;
      readonly now: JournalEvent | undefined;
    };

/** What followed then against what follows now. */
export function divergencesOf(
  seq: number,
  recorded: readonly JournalEvent[],
  now: readonly JournalEvent[],
): readonly ReplayDivergence[] {
  const found: ReplayDivergence[] = [];
  for (let place = 0; place < Math.max(recorded.length, now.length); place += 1) {
    const then = recorded[place];
    const today = now[place];
    const divergence = divergenceOf(seq, then, today);
    if (divergence === undefined) continue;
    found.push(divergence);
    if (endsComparison(divergence)) break;
    // Skipped or not, what follows in this entry follows from that.
    if (then?.kind !== today?.kind) break;
  }
  return found;
}

export function endsComparison({ kind }: ReplayDivergence): boolean {
  return kind === 'course' || kind === 'step missing';
}

function divergenceOf(
  seq: number,
  recorded: JournalEvent | undefined,
  now: JournalEvent | undefined,
): ReplayDivergence | undefined {
  if (recorded === undefined || now === undefined) return { kind: 'course', seq, recorded, now };
  if (now.kind === 'sagaParked' && recorded.kind !== 'sagaParked') {
    const { step, code, message } = now;
    return { kind: 'refused', seq, step, code, message };
  }
  const of = functionOf(recorded, now);
  if (of === undefined) {
    // Messages are for people: a park that names the same code and step is the same.
    const isSame = isDeepStrictEqual(withoutMessage(recorded), withoutMessage(now));
    return isSame ? undefined : { kind: 'course', seq, recorded, now };
  }
  const differences = of === 'when' ? whenDiffers(recorded, now) : jsonDifferences(bodyOf(recorded), bodyOf(now));
  const step = 'step' in recorded ? recorded.step : undefined;
  return differences.length === 0 ? undefined : { kind: 'answer', seq, step, of, differences };
}

/** Whose answer stands in both events; none where they tell of different things. */
function functionOf(recorded: JournalEvent, now: JournalEvent): AuthorFunction | undefined {
  if ('step' in recorded && (!('step' in now) || recorded.step !== now.step)) return undefined;
  if (isSkip(recorded) !== isSkip(now)) {
    const other = isSkip(recorded) ? now : recorded;
    return other.kind === 'stepDispatched' ? 'when' : undefined;
  }
  if (recorded.kind !== now.kind) return undefined;
  switch (recorded.kind) {
    case 'stepDispatched':
      return 'with';
    case 'itemsPlanned':
      return 'over';
    case 'undoDispatched':
      return 'compensate.with';
    case 'sagaCompleted':
      return 'output';
    default:
      return undefined;
  }
}

function isSkip(event: JournalEvent): boolean {
  return event.kind === 'stepSkipped' && event.why === 'when';
}

function whenDiffers(recorded: JournalEvent, now: JournalEvent): readonly JsonDifference[] {
  return [{ path: '', recorded: !isSkip(recorded), now: !isSkip(now) }];
}

function bodyOf(event: JournalEvent): unknown {
  switch (event.kind) {
    case 'stepDispatched':
    case 'undoDispatched':
      return asJson(event.sent);
    case 'itemsPlanned':
      return asJson(event.items);
    case 'sagaCompleted':
      return asJson(event.output);
    default:
      return undefined;
  }
}

function withoutMessage(event: JournalEvent): unknown {
  const { message: _, evidence: __, ...rest } = asJson(event) as Record<string, unknown>;
  return rest;
}
