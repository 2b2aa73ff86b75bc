import type { MemoryDatabase, MemoryTransaction } from '@backstitch/postgres/testing';
import type { Port } from './port.js';
import { connectionLost, never, serializationFailure } from './failures.js';

/** A process's connections to a database. They fail as the plan says, and die with the process. */
export interface FaultyDatabase extends MemoryDatabase {
  /** Asked before each statement: throws where the session is gone, and may end it. */
  beforeStatement(trx: MemoryTransaction): void;
}

/** What a transaction has met: from then on nothing of it can be saved. */
interface Session {
  gone?: Error;
}

export function faultyDatabase(database: MemoryDatabase, port: Port): FaultyDatabase {
  const { life, plan, choices } = port;
  const sessions = new WeakMap<MemoryTransaction, Session>();

  const begin = async (): Promise<MemoryTransaction> => {
    await life.gate('begin');
    const trx = await database.begin();
    // It died while it waited for its turn: the turn goes to the next.
    if (life.isOver()) {
      trx.rollback();
      return never();
    }
    const session: Session = {};
    sessions.set(trx, session);
    life.onDeath(() => {
      if (trx.isOpen) trx.rollback();
    });
    port.onFreeze(() => {
      // As idle_in_transaction_session_timeout does: nobody waits for a process that stands still.
      session.gone = connectionLost();
      if (trx.isOpen) trx.rollback();
    });
    return trx;
  };
  const refuseGone = (trx: MemoryTransaction): void => {
    const { gone } = sessions.get(trx) ?? {};
    if (gone !== undefined) throw gone;
  };
  return {
    begin,
    read: database.read,
    beforeStatement(trx) {
      refuseGone(trx);
      if (!plan().isOn || !choices.chance(plan().statementLostChance)) return;
      const gone = connectionLost();
      const session = sessions.get(trx);
      if (session !== undefined) session.gone = gone;
      throw gone;
    },
    async transaction(work) {
      const trx = await begin();
      try {
        const value = await work(trx);
        refuseGone(trx);
        await life.gate('commit');
        refuseGone(trx);
        await commit(trx, port);
        return value;
      } finally {
        if (trx.isOpen) trx.rollback();
      }
    },
  };
}

/** The end of a transaction, as it goes: done, refused, or done and not heard. */
async function commit(trx: MemoryTransaction, { life, plan, choices, sightings }: Port): Promise<void> {
  const { isOn, conflictChance, commitRefusedChance, commitUnheardChance } = plan();
  if (!isOn) {
    trx.commit();
    return;
  }
  if (choices.chance(conflictChance)) {
    sightings.saw('a transaction met a serialization failure');
    throw serializationFailure();
  }
  if (choices.chance(commitRefusedChance)) {
    sightings.saw('a commit failed and nothing had happened');
    throw connectionLost();
  }
  const isUnheard = choices.chance(commitUnheardChance);
  trx.commit();
  await life.gate('committed');
  if (!isUnheard) return;
  sightings.saw('a commit was not heard and had happened');
  throw connectionLost();
}
