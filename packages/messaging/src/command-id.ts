/** What a command does: the step itself, or its compensation. */
export type Direction = 'do' | 'undo';

/** The parts of a command's identity. All attempts of a round share it. */
export interface CommandIdentity {
  readonly sagaId: string;
  readonly step: string;
  /** The place in the list of a fan-out, from 0; null where the step has no list. */
  readonly item: number | null;
  /** Rises by an operator's retry only. */
  readonly round: number;
  readonly direction: Direction;
}

/** `sagaId/step/round/do` or `sagaId/step[item]/round/do`: the effect key of the command. */
export function commandId({ sagaId, step, item, round, direction }: CommandIdentity): string {
  return `${sagaId}/${step}${item === null ? '' : `[${item}]`}/${round}/${direction}`;
}

// Read from the right: a step's name has neither "/" nor "[", so a saga id may. No leading zeros: one command, one id.
const pattern = /^(.+)\/([A-Za-z][A-Za-z0-9_-]*)(?:\[(0|[1-9]\d{0,9})\])?\/(0|[1-9]\d{0,9})\/(do|undo)$/s;

/** The parts of a command id; undefined where it is none. */
export function parseCommandId(id: string): CommandIdentity | undefined {
  const parts = pattern.exec(id);
  if (!parts) return undefined;
  const [, sagaId, step, item, round, direction] = parts;
  if (sagaId === undefined || step === undefined || round === undefined) return undefined;
  return {
    sagaId,
    step,
    item: item === undefined ? null : Number(item),
    round: Number(round),
    direction: direction === 'undo' ? 'undo' : 'do',
  };
}
