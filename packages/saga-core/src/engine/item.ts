import type { SagaInput } from '../machine/saga-input.js';

/** One thing that happened to one instance. */
export type Item = ReplyItem | InputItem | WakeItem;

export interface ReplyItem {
  readonly kind: 'reply';
  readonly sagaId: string;
  readonly input: SagaInput;
  /** The command that this reply proves delivered. */
  readonly commandId: string;
  /** Names the reply, should this process have to leave it to another: the same reply is kept once. */
  readonly letterId: string;
  /** Where it came from, for the quarantine. */
  readonly record: {
    readonly topic: string;
    readonly partition: number;
    readonly offset: string;
    readonly head: string;
  };
}

/** Something of this process's own: a call came back. Where it cannot be recorded, the lease ends and the call is made again. */
export interface InputItem {
  readonly kind: 'input';
  readonly sagaId: string;
  readonly input: SagaInput;
}

/** Its time has come, or there is mail for it. */
export interface WakeItem {
  readonly kind: 'wake';
  readonly sagaId: string;
}
