import { type Clock, encodeJson, type Logger } from '@backstitch/messaging';
import type {
  AuthorUndoContext,
  CallExtras,
  CallStepDefinition,
  SagaDefinition,
} from '../definition/step-definition.js';
import { authorContext } from '../machine/author.js';
import { copyJson } from '../machine/copy-json.js';
import type { StartCall } from '../machine/effect.js';
import type { SagaInstance } from '../machine/instance.js';
import type { LocalOutcome } from '../machine/saga-input.js';
import { sentAs } from '../machine/sent-as.js';
import { withMore } from '../machine/with-more.js';
import { type CallLease, createCallLease } from './call-lease.js';
import type { InputItem } from './item.js';
import type { Leg } from './leg.js';
import { outcomeOfThrown } from './thrown-outcome.js';

export interface CallRunnerOptions {
  /** Resolves when what a call came to is durable. Many calls' outcomes share a transaction. */
  readonly apply: (items: readonly InputItem[]) => Promise<void>;
  readonly logger: Logger;
  /** Calls made side by side. */
  readonly concurrency: number;
  /** Milliseconds that never go back. */
  readonly monotonicNowMs: () => number;
  /** Renews the lease of a call that is being made; false where it is lost. */
  readonly renew: (sagaId: string, call: StartCall) => Promise<boolean>;
  readonly setTimer: Clock['setTimer'];
}

/** Makes the calls of `call` steps, outside any transaction, each under the lease that its instance holds in the store. */
export interface CallRunner {
  start(leg: Pick<Leg, 'definition' | 'instance' | 'calls'>): void;
  /** Aborts what runs and waits for it, at most so long. What does not come back is made again when its lease has ended. */
  close(timeoutMs: number): Promise<void>;
}

interface Waiting {
  readonly definition: SagaDefinition;
  readonly instance: SagaInstance;
  readonly call: StartCall;
  readonly step: CallStepDefinition;
  readonly sinceMs: number;
  /** Of a step with heartbeats. */
  readonly lease: CallLease | undefined;
}

export function createCallRunner(options: CallRunnerOptions): CallRunner {
  const { concurrency, monotonicNowMs } = options;
  const waiting: Waiting[] = [];
  const running = new Set<Promise<void>>();
  const closing = new AbortController();

  const make = async (next: Waiting): Promise<void> => {
    const { lease, step, sinceMs } = next;
    // Its lease has run, unused, while others were called: somebody else may begin it any moment now.
    const isLate = lease === undefined ? monotonicNowMs() - sinceMs > step.timeoutMs : lease.signal.aborted;
    if (isLate) return;
    lease?.begin();
    const timeout = AbortSignal.timeout(step.timeoutMs);
    const ownTime = lease === undefined ? timeout : AbortSignal.any([timeout, lease.signal]);
    // One signal for both ends of it: its own time and the engine's.
    const outcome = outcomeOf(next, AbortSignal.any([closing.signal, ownTime]));
    const told = outcome.then((found) => tell(options, next, found));
    // Code that does not heed its signal keeps no place: another call is made beside it, and what it still answers is told all the same.
    await Promise.race([told, aborted(ownTime)]);
    lease?.end();
  };
  const pump = (): void => {
    while (running.size < concurrency && !closing.signal.aborted) {
      const next = waiting.shift();
      if (next === undefined) return;
      const made = make(next).finally(() => {
        running.delete(made);
        pump();
      });
      running.add(made);
    }
  };

  return {
    start({ definition, instance, calls }) {
      for (const call of calls) {
        const step = definition.steps.get(call.step);
        if (step?.kind !== 'call') continue;
        const lease = leaseOf(options, { instance, call, step });
        waiting.push({ definition, instance, call, step, sinceMs: monotonicNowMs(), lease });
      }
      pump();
    },
    async close(timeoutMs) {
      closing.abort(new Error('the engine is closing'));
      for (const { lease } of waiting.splice(0)) lease?.end();
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, timeoutMs);
      });
      await Promise.race([Promise.allSettled([...running]), late]);
      clearTimeout(timer);
    },
  };
}

async function tell(
  { apply, logger }: CallRunnerOptions,
  { call, instance }: Waiting,
  outcome: LocalOutcome,
): Promise<void> {
  const { round, direction, attempt } = call;
  const sagaId = instance.id;
  const step = sentAs(instance.state, call.step);
  try {
    await apply([{ kind: 'input', sagaId, input: { kind: 'callFinished', step, round, direction, attempt, outcome } }]);
  } catch (error) {
    logger.warn(
      { err: error, sagaId, step, attempt },
      'the outcome of a call could not be recorded: it is made again when its lease has ended',
    );
  }
}

function leaseOf(
  { renew, logger, monotonicNowMs, setTimer }: CallRunnerOptions,
  { instance, call, step }: Pick<Waiting, 'instance' | 'call' | 'step'>,
): CallLease | undefined {
  const { heartbeatMs } = step;
  if (heartbeatMs === null) return undefined;
  const sagaId = instance.id;
  const made = { ...call, step: sentAs(instance.state, call.step) };
  const about = { sagaId, step: step.name, attempt: call.attempt };
  return createCallLease({
    ...{ heartbeatMs, monotonicNowMs, setTimer },
    renew: () => renew(sagaId, made),
    onTrouble: (error) => logger.warn({ err: error, ...about }, 'a heartbeat could not be recorded'),
  });
}

/** Resolves a turn after the signal: code that heeds it has answered by then. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => setImmediate(resolve), { once: true });
  });
}

async function outcomeOf(
  { definition, instance, call, step, lease }: Waiting,
  signal: AbortSignal,
): Promise<LocalOutcome> {
  const { state, bodies } = instance;
  const failure = state.failure ?? { step: '', code: '', message: '' };
  const context: AuthorUndoContext & CallExtras = withMore(authorContext(definition, instance), {
    failure,
    output: copyJson(bodies[step.name]?.output),
    idempotencyKey: call.idempotencyKey,
    signal,
    heartbeat: () => lease?.heartbeat(),
  });
  try {
    const output = call.direction === 'do' ? await step.run(context) : await step.compensate?.(context);
    if (output === undefined || call.direction === 'undo') return { kind: 'succeeded' };
    encodeJson(output, { what: `output of step '${step.name}'` });
    return { kind: 'succeeded', output };
  } catch (error) {
    return outcomeOfThrown(error);
  }
}
