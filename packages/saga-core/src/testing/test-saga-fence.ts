import type { SendCommand } from '../machine/effect.js';
import type { ReplyOutcome } from '../machine/saga-input.js';
import { decideFence } from '../participant/decide-fence.js';
import type { FenceRow, FenceStatus } from '../participant/fence-store.js';

/** The fences of all participants of a test, in memory. The rules are those of the real one, `decideFence`. */
export interface TestFences {
  /** What the participant answers. `run` is called where the fence lets the command through. */
  meet(command: SendCommand, run: () => Promise<ReplyOutcome>): Promise<ReplyOutcome>;
  /** By step: what its fence says now. Steps whose commands never arrived are missing. */
  statuses(): Readonly<Record<string, FenceStatus>>;
}

const fresh: FenceRow = { status: 'fresh', doReply: null, undoReply: null };

export function createTestFences(): TestFences {
  const rows = new Map<string, { readonly step: string; readonly row: FenceRow }>();
  return {
    meet: async (command, run) => {
      const key = `${command.step}/${command.round}`;
      const before = rows.get(key)?.row ?? fresh;
      const { row, answer } = await met(before, command, run);
      if (row.status !== 'fresh') rows.set(key, { step: command.step, row });
      return answer;
    },
    statuses: () => Object.fromEntries([...rows.values()].map(({ step, row }) => [step, row.status])),
  };
}

interface Met {
  readonly row: FenceRow;
  readonly answer: ReplyOutcome;
}

async function met(row: FenceRow, { step, direction }: SendCommand, run: () => Promise<ReplyOutcome>): Promise<Met> {
  const decision = decideFence(row, direction);
  switch (decision.kind) {
    case 'run': {
      const outcome = await run();
      return { row: direction === 'do' ? afterDo(row, outcome) : afterUndo(row, outcome), answer: outcome };
    }
    case 'answer':
      return { row, answer: JSON.parse(decision.replyJson) as ReplyOutcome };
    case 'refuse':
      return { row, answer: { kind: 'failed', code: 'FENCED', message: `'${step}' was undone before it arrived` } };
    case 'close': {
      const answer: ReplyOutcome = { kind: 'succeeded' };
      return { row: { ...row, status: 'tombstone', undoReply: JSON.stringify(answer) }, answer };
    }
    default:
      return decision satisfies never;
  }
}

/** A failed attempt leaves nothing behind: its transaction rolled back, so that the next one runs again. */
function afterDo(row: FenceRow, outcome: ReplyOutcome): FenceRow {
  if (outcome.kind === 'failed') return row;
  return { ...row, status: outcome.kind === 'declined' ? 'declined' : 'succeeded', doReply: JSON.stringify(outcome) };
}

function afterUndo(row: FenceRow, outcome: ReplyOutcome): FenceRow {
  if (outcome.kind !== 'succeeded' && outcome.kind !== 'contractBroken') return row;
  return { ...row, status: 'undone', undoReply: JSON.stringify(outcome) };
}
