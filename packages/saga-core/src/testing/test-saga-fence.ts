import type { SendCommand } from '../machine/effect.js';
import type { Acceptance, ReplyOutcome } from '../machine/saga-input.js';
import { decideFence } from '../participant/decide-fence.js';
import type { FenceRow, FenceStatus } from '../participant/fence-store.js';
import { acceptedIn, afterDo, afterUndo, answeredIn, owedAttempt } from './accepted-fence.js';

/** The fences of all participants of a test, in memory. The rules are those of the real one, `decideFence`. */
export interface TestFences {
  /** What the participant answers. `run` is called where the fence lets the command through. */
  meet(command: SendCommand, run: () => Promise<TestAnswer>): Promise<Meeting>;
  /**
   * What is said of a command that was accepted: it goes on, or its outcome. Answers for which attempt it is said; nothing where it was undone
   * or has been answered.
   */
  later(command: SendCommand, said: TestAnswer): number | undefined;
  /** By step: what its fence says now. Steps whose commands never arrived are missing. */
  statuses(): Readonly<Record<string, FenceStatus>>;
}

export type TestAnswer = ReplyOutcome | Acceptance;
export interface Meeting {
  readonly answer: TestAnswer;
  /** Whether the handler was called. */
  readonly ran: boolean;
}

const fresh: FenceRow = { status: 'fresh', doReply: null, undoReply: null };

export function createTestFences(): TestFences {
  const rows = new Map<string, { readonly step: string; readonly row: FenceRow }>();
  const keyOf = ({ step, round }: SendCommand): string => `${step}/${round}`;
  return {
    meet: async (command, run) => {
      const before = rows.get(keyOf(command))?.row ?? fresh;
      const { row, ...meeting } = await met(before, command, run);
      if (row.status !== 'fresh') rows.set(keyOf(command), { step: command.step, row });
      return meeting;
    },
    later: (command, said) => {
      const { step, direction } = command;
      const row = rows.get(keyOf(command))?.row ?? fresh;
      const attempt = owedAttempt(row, direction);
      if (attempt === undefined || said.kind === 'accepted') return attempt;
      const after = answeredIn(row, direction, said);
      if (after === undefined) rows.delete(keyOf(command));
      else rows.set(keyOf(command), { step, row: after });
      return attempt;
    },
    statuses: () => Object.fromEntries([...rows.values()].map(({ step, row }) => [step, row.status])),
  };
}

interface Met extends Meeting {
  readonly row: FenceRow;
}

async function met(row: FenceRow, command: SendCommand, run: () => Promise<TestAnswer>): Promise<Met> {
  const { step, direction } = command;
  const decision = decideFence(row, command);
  switch (decision.kind) {
    case 'run': {
      const answer = await run();
      if (answer.kind === 'accepted') return { row: acceptedIn(row, command), answer, ran: true };
      return { row: direction === 'do' ? afterDo(row, answer) : afterUndo(row, answer), answer, ran: true };
    }
    case 'answer':
      return { row, answer: JSON.parse(decision.replyJson) as ReplyOutcome, ran: false };
    case 'accepted':
      return { row: acceptedIn(row, command), answer: { kind: 'accepted' }, ran: false };
    case 'refuse': {
      const message = `'${step}' was undone before it arrived`;
      return { row, answer: { kind: 'failed', code: 'FENCED', message }, ran: false };
    }
    case 'close': {
      const answer: ReplyOutcome = { kind: 'succeeded' };
      return { row: { ...row, status: 'tombstone', undoReply: JSON.stringify(answer) }, answer, ran: false };
    }
    default:
      return decision satisfies never;
  }
}
