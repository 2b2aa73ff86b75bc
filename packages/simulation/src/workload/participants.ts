import type { MemoryTransaction } from '@backstitch/postgres/testing';
import { SagaError } from '@backstitch/saga-core';
import {
  type Accepted,
  type Answers,
  type Declined,
  type Participant,
  participantOn,
} from '@backstitch/saga-core/participant';
import type { AnyCommand } from '@backstitch/messaging';
import { type AuthorHost, type Behaviour, behaviour, dawdle } from './author-host.js';
import { bank, type Done, stock } from './contracts.js';
import { changeEffect, type EffectKey } from './effects.js';

const participant = participantOn<MemoryTransaction>();

export interface Staff extends AuthorHost {
  /** Of the participant's process; it is there once the process is. */
  answers(): Answers<MemoryTransaction>;
  inTransaction(work: (trx: MemoryTransaction) => Promise<void>): Promise<void>;
  readonly notices: StaffNotices;
}

/** What the handlers see that no rule allows, and what is rare. */
export interface StaffNotices {
  broken(what: string): void;
  acceptedIsUndone(): void;
  answeredLater(): void;
}

type No = Declined<'NOT_TODAY', Record<never, never>>;

interface Asked {
  readonly trx: MemoryTransaction;
  readonly command: EffectKey;
  readonly decline: (code: 'NOT_TODAY', detail: Record<never, never>) => No;
  readonly accept: () => Accepted;
}

/** A command with an effect in the participant's tables. */
function doing(staff: Staff, possible: readonly Behaviour[], command?: AnyCommand) {
  return async ({ trx, command: asked, decline, accept }: Asked): Promise<Done | Accepted | No> => {
    const mood = behaviour(staff, possible);
    if (mood === 'dawdles') await dawdle(staff);
    if (mood === 'accepts' && command !== undefined) {
      changeEffect(trx, asked, () => ({ job: 'open' }));
      const { id, sagaId, step, item } = asked;
      staff.life.clock.setTimer(
        1 + staff.choices.below(9_000),
        () => void work(staff, command, { id, sagaId, step, item }),
      );
      return accept();
    }
    changeEffect(trx, asked, (effect) => {
      if (effect.dos > 0) staff.notices.broken(`${asked.id} takes effect a second time`);
      if (effect.undos > 0) staff.notices.broken(`${asked.id} takes effect after its undo`);
      return { dos: effect.dos + 1 };
    });
    await staff.life.gate(`does ${asked.step}`);
    if (mood === 'says no') return decline('NOT_TODAY', {});
    if (mood === 'throws') throw new Error('it could not be done');
    return { by: asked.id };
  };
}

function undoing(staff: Staff) {
  return async ({ trx, command: asked }: Pick<Asked, 'trx' | 'command'>): Promise<void> => {
    const mood = behaviour(staff, ['throws', 'dawdles']);
    if (mood === 'dawdles') await dawdle(staff);
    changeEffect(trx, asked, (effect) => {
      if (effect.undos > 0) staff.notices.broken(`${asked.id} undoes a second time`);
      if (effect.job === 'open') {
        if (mood !== 'throws') staff.notices.acceptedIsUndone();
        return { job: 'dropped' };
      }
      if (effect.dos === 0) staff.notices.broken(`${asked.id} undoes what never was`);
      return { undos: effect.undos + 1 };
    });
    await staff.life.gate(`undoes ${asked.step}`);
    if (mood === 'throws') throw new Error('it could not be undone');
  };
}

/** Does what was accepted, and says so; says now and then that it goes on. */
async function work(staff: Staff, command: AnyCommand, key: EffectKey): Promise<void> {
  try {
    if (staff.choices.chance(0.3)) await staff.answers().heartbeat(command, key.id);
    const mood = behaviour(staff, ['says no', 'throws']);
    await staff.inTransaction(async (trx) => {
      const answer = staff.answers().answer(trx, command, key.id);
      if (mood === 'says no') await answer.decline('NOT_TODAY' as never, {} as never);
      else if (mood === 'throws') await answer.fail({ message: 'it could not be done' });
      else if ((await answer.succeed({ by: key.id })) === 'repeated') return;
      changeEffect(trx, key, (effect) => {
        if (mood !== 'does it') return { job: 'none' };
        if (effect.dos > 0) staff.notices.broken(`${key.id} takes effect a second time`);
        if (effect.job === 'dropped') staff.notices.broken(`${key.id} takes effect after it was dropped`);
        return { dos: effect.dos + 1, job: 'none' };
      });
    });
    staff.notices.answeredLater();
  } catch (error) {
    // It was undone or answered otherwise: the work is dropped. What else goes wrong is tried again.
    if (error instanceof SagaError) return;
    staff.life.clock.setTimer(500, () => void work(staff, command, key));
  }
}

/** The participants: all of them do the same. */
export const staffing: Readonly<Record<string, (staff: Staff) => Participant>> = {
  stock: (staff) =>
    participant(stock, {
      hold: doing(staff, ['says no', 'throws', 'dawdles']),
      drop: undoing(staff),
      book: doing(staff, ['says no', 'throws', 'dawdles', 'accepts'], stock.book),
      discard: undoing(staff),
    }),
  bank: (staff) =>
    participant(bank, {
      charge: doing(staff, ['says no', 'throws', 'dawdles']),
      refund: undoing(staff),
      insure: doing(staff, ['throws', 'dawdles']),
      confirm: doing(staff, ['says no', 'throws', 'dawdles']),
      notify: doing(staff, ['says no', 'throws', 'dawdles']),
    }),
};
