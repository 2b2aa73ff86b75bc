import { type AnyCommand, validate } from '@backstitch/messaging';
import { SagaError } from '../errors.js';
import { type SendCommand, tombstoneCommand } from '../machine/effect.js';
import { splitKey } from '../machine/unit.js';
import type { Accepted, Declined, UntypedHandler } from '../participant/handler.js';
import { thrownCode } from '../thrown-code.js';
import { thrownMessage } from '../thrown-message.js';
import type { TestAnswer } from './test-saga-fence.js';
import { declinedWith, type Delivery, deliveryOf, succeededWith } from './test-saga-reaction.js';
import { commandsIn, type Script } from './test-saga-script.js';

/** A delivery, and what the participant does where its fence lets the command through. */
export interface Answered {
  readonly delivery: Delivery;
  readonly run: () => Promise<TestAnswer>;
}

/** What the test said of this command; else the handler of a participant; else, where the command answers nothing, that it succeeds. */
export function answerTo(script: Script, sent: SendCommand): Answered {
  const fixed = (delivery: Delivery): Answered => ({
    delivery,
    run: async () => (delivery.kind === 'delivered' ? delivery.outcome : { kind: 'succeeded' }),
  });
  const command = commandsIn(script.definition).get(sent.command);
  if (sent.command === tombstoneCommand || command === undefined) return fixed(plain);
  const said = script.reactions.get(command.name);
  if (said !== undefined)
    return fixed(deliveryOf(command, typeof said === 'function' ? said(sent.data as never, sent.attempt) : said));
  const handler = script.options.participants
    ?.find(({ handlers }) => handlers.has(command.name))
    ?.handlers.get(command.name);
  if (handler !== undefined)
    return { delivery: plain, run: () => handled(script, { sent, command, handle: handler.handle }) };
  if (command.spec.reply === undefined) return fixed(plain);
  throw new SagaError('OPTION_INVALID', `nobody says what '${command.name}' answers, which step '${sent.step}' sends`, {
    fields: { command: command.name, step: sent.step },
    hint: 'add .when(command, { reply: … }), or give its participant',
  });
}

const plain: Delivery = { kind: 'delivered', afterMs: 0, copies: 1, answerAfterMs: 0, outcome: { kind: 'succeeded' } };

interface Call {
  readonly sent: SendCommand;
  readonly command: AnyCommand;
  readonly handle: UntypedHandler;
}

async function handled({ definition, options }: Script, { sent, command, handle }: Call): Promise<TestAnswer> {
  const payload = validate(command.spec.request, sent.data);
  if (payload.kind === 'invalid')
    return { kind: 'failed', code: 'COMMAND_INVALID', message: `'${command.name}' breaks its contract` };
  const accepted: Accepted = { kind: 'accepted' };
  const decline = (code: string, detail: unknown): Declined => ({ kind: 'declined', code, detail });
  const about = {
    id: sent.commandId,
    sagaId: options.sagaId ?? 'saga-1',
    saga: definition.name,
    ...splitKey(sent.step),
    attempt: sent.attempt,
  };
  let answer: unknown;
  try {
    answer = await handle({
      trx: options.trx as never,
      command: { ...about, payload: payload.value as never },
      decline,
      accept: () => accepted,
    });
  } catch (error) {
    return { kind: 'failed', code: thrownCode(error, 'HANDLER_FAILED'), message: thrownMessage(error) };
  }
  if (answer === accepted) return accepted;
  if (isDeclined(answer)) return declinedWith(command, answer);
  // As the real participant: what a handler returns where the contract answers nothing is dropped.
  return succeededWith(command, command.spec.reply === undefined ? undefined : answer);
}

function isDeclined(answer: unknown): answer is Declined {
  return typeof answer === 'object' && answer !== null && (answer as { readonly kind?: unknown }).kind === 'declined';
}
