import type { MemoryTransaction } from '@backstitch/postgres/testing';
import { type AnySaga, defineMigration, type SagaMigration, sagaOn, StepDeclined } from '@backstitch/saga-core';
import { type AuthorHost, behaviour, dawdle } from './author-host.js';
import { bank, stock } from './contracts.js';
import { changeEffect, type EffectKey } from './effects.js';
import { shape } from './shape.js';

export interface OrderInput {
  readonly order: string;
  readonly customer: string;
  readonly items: readonly string[];
}

const saga = sagaOn<MemoryTransaction>();
const input = shape<OrderInput>();
const retry = { attempts: 3, backoff: '1s', maxBackoff: '4s' } as const;
const undoRetry = { backoff: '1s', maxBackoff: '4s' } as const;
const timeout = '5s' as const;
const about = ({ input: { order } }: { readonly input: OrderInput }) => ({ of: order });
const charge = {
  with: about,
  compensate: { command: bank.refund, with: about },
  ...{ retry, undoRetry, timeout },
} as const;
const hold = {
  with: about,
  compensate: { command: stock.drop, with: about },
  ...{ retry, undoRetry, timeout },
} as const;
const forward = { with: about, retry: { backoff: '1s', maxBackoff: '4s' }, timeout } as const;

interface LocalPlace {
  readonly trx: MemoryTransaction;
  readonly sagaId: string;
}

/** A local step whose effect stands in the orchestrator's own tables. */
function localStep(host: AuthorHost, step: string) {
  const key = ({ sagaId }: LocalPlace): EffectKey => ({ id: `${sagaId}/${step}/1/do`, sagaId, step, item: null });
  const act = async (direction: 'do' | 'undo', place: LocalPlace): Promise<void> => {
    const mood = behaviour(host, direction === 'do' ? ['says no', 'throws', 'dawdles'] : ['throws', 'dawdles']);
    if (mood === 'dawdles') await dawdle(host);
    const change = direction === 'do' ? 'dos' : 'undos';
    changeEffect(place.trx, key(place), (effect) => ({ [change]: effect[change] + 1 }));
    await host.life.gate(`${direction}es ${step}`);
    if (mood === 'says no') throw new StepDeclined('NOT_TODAY');
    if (mood === 'throws') throw new Error('it could not be done');
  };
  return {
    run: (place: LocalPlace) => act('do', place),
    undo: (place: LocalPlace) => act('undo', place),
  };
}

/** A call to the service outside, once for each idempotency key. */
function outsideCall(host: AuthorHost) {
  return async ({ idempotencyKey }: { readonly idempotencyKey: string }): Promise<void> => {
    const isUndo = idempotencyKey.includes('undo');
    const mood = behaviour(host, isUndo ? ['throws', 'dawdles'] : ['says no', 'throws', 'dawdles']);
    if (mood === 'says no') throw new StepDeclined('NOT_TODAY');
    await host.life.gate('calls outside');
    host.outside.act(idempotencyKey);
    if (mood === 'dawdles') await dawdle(host);
    await host.life.gate('hears from outside');
    if (mood === 'throws') throw new Error('502');
  };
}

/** The sagas of one process: their functions live and die with it. */
export interface SagaSet {
  readonly order1: AnySaga;
  readonly order2: AnySaga;
  readonly basket: AnySaga;
  readonly print: AnySaga;
  readonly family: AnySaga;
  readonly outside: AnySaga;
  readonly carry: SagaMigration;
}

export function sagaSet(host: AuthorHost): SagaSet {
  const open = localStep(host, 'open');
  const begun = saga('order', { version: 1, input })
    .local('open', open.run, { compensate: open.undo, undoRetry })
    .parallel((side) => side.invoke('hold', stock.hold, hold).invoke('charge', bank.charge, charge));
  const order1 = begun.pivot('confirm', bank.confirm, forward).invoke('notify', bank.notify, forward).build();
  const order2 = saga('order', { version: 2, input })
    .local('open', open.run, { compensate: open.undo, undoRetry })
    .parallel((side) => side.invoke('hold', stock.hold, hold).invoke('charge', bank.charge, charge))
    .invoke('insure', bank.insure, { with: about, compensate: 'nothing to undo', retry, timeout })
    .pivot('confirm', bank.confirm, forward)
    .invoke('notify', bank.notify, forward)
    .build();
  return {
    order1,
    order2,
    ...otherSagas(host),
    carry: defineMigration(order1, order2, { skip: { insure: () => ({ by: 'nobody' }) } }),
  };
}

function otherSagas(host: AuthorHost): Pick<SagaSet, 'basket' | 'print' | 'family' | 'outside'> {
  const note = localStep(host, 'note');
  const basket = saga('basket', {
    version: 1,
    input,
    locks: { keys: ({ input: { customer } }) => [`customer:${customer}`], whenHeld: 'wait', timeout: '40s' },
  })
    .invokeEach('hold', stock.hold, { ...hold, over: ({ input: { items } }) => items, concurrency: 2 })
    .invoke('charge', bank.charge, charge)
    .local('note', note.run, { compensate: note.undo, undoRetry })
    .build();
  const print = saga('print', { version: 1, input, timeout: '60s' })
    .invoke('book', stock.book, {
      with: about,
      compensate: { command: stock.discard, with: about },
      acceptedTimeout: '8s',
      ...{ retry, undoRetry, timeout },
    })
    .waitFor('approval', shape<{ readonly yes: true }>(), { timeout: '12s' })
    .invoke('charge', bank.charge, charge)
    .build();
  const parcel = saga('parcel', { version: 1, input })
    .invoke('hold', stock.hold, hold)
    .local('note', note.run, { compensate: note.undo, undoRetry })
    .build();
  const family = saga('family', { version: 1, input })
    .parallel((side) =>
      side.child('parcel', parcel, { with: ({ input: given }) => given }).invoke('hold', stock.hold, hold),
    )
    .invoke('charge', bank.charge, charge)
    .build();
  const call = outsideCall(host);
  const outside = saga('outside', { version: 1, input })
    .call('ship', call, { compensate: call, retry, undoRetry, timeout })
    .sleep('dry', '3s')
    .invoke('charge', bank.charge, charge)
    .pivot('note', note.run, { retry: { backoff: '1s', maxBackoff: '4s' } })
    .build();
  return { basket, print, family, outside };
}

/** Every definition of a set, children too, as `name@version`. */
export function definitionsIn({ carry: _carry, ...sagas }: SagaSet): ReadonlyMap<string, AnySaga> {
  const parcel = sagas.family.steps.get('parcel');
  const children = parcel?.kind === 'child' ? [parcel.saga] : [];
  return new Map([...Object.values(sagas), ...children].map((saga) => [`${saga.name}@${saga.version}`, saga]));
}
