import type { AnyCommand } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import type { Accepted, Declined } from './handler.js';

/** What the author's code said by `decline(…)` and `accept()`. */
export interface Sayings {
  readonly decline: (code: string, detail: unknown) => Declined;
  readonly accept: () => Accepted;
  /** Told by identity: a reply's body may well look like it. */
  isAccepted(returned: unknown): boolean;
  /** `decline(…)` alone declines nothing, nor does `accept()` accept: what was meant as "no" or as "later" would be answered as done. */
  refuseForgotten(contract: AnyCommand, returned: readonly unknown[]): void;
}

export function createSayings(): Sayings {
  const said: (Declined | Accepted)[] = [];
  const accepted = new Set<unknown>();
  return {
    decline(code, detail) {
      const declined: Declined = { kind: 'declined', code, detail };
      said.push(declined);
      return declined;
    },
    accept() {
      const saying: Accepted = { kind: 'accepted' };
      said.push(saying);
      accepted.add(saying);
      return saying;
    },
    isAccepted: (returned) => accepted.has(returned),
    refuseForgotten(contract, returned) {
      const kept = new Set(returned);
      const forgotten = said.find((each) => !kept.has(each));
      if (forgotten !== undefined) throw refusal(contract, forgotten);
    },
  };
}

export function isDeclined(value: unknown): value is Declined {
  return (
    typeof value === 'object' &&
    value !== null &&
    'kind' in value &&
    value.kind === 'declined' &&
    'code' in value &&
    'detail' in value
  );
}

function refusal(contract: AnyCommand, forgotten: Declined | Accepted): SagaError {
  const [called, code] =
    forgotten.kind === 'accepted' ? ['accept()'] : [`decline('${forgotten.code}')`, forgotten.code];
  return new SagaError('HANDLER_FAILED', `the handler of '${contract.name}' called ${called} and returned nothing`, {
    fields: { command: contract.name, ...(code === undefined ? {} : { code }) },
    hint: `write 'return ${code === undefined ? 'accept()' : 'decline(…)'}'`,
  });
}
