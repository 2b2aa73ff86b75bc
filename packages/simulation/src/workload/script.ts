import type { Choices } from '../choices.js';
import type { OrderInput, SagaSet } from './sagas.js';

export type SagaKind = 'order' | 'basket' | 'print' | 'family' | 'outside';
export type VerbKind = 'cancel' | 'compensate' | 'pause' | 'resume' | 'retry' | 'signal' | 'skip';

/** What the clients and operators of one run will do, and when (virtual ms from the beginning). */
export type Deed =
  | {
      readonly kind: 'start';
      readonly atMs: number;
      readonly saga: SagaKind;
      readonly key: string;
      readonly input: OrderInput;
      /** In a transaction of the client's own, which ends so. */
      readonly within?: 'commit' | 'roll back';
    }
  | { readonly kind: 'verb'; readonly atMs: number; readonly key: string; readonly verb: VerbKind }
  | { readonly kind: 'forge'; readonly atMs: number; readonly key: string }
  | { readonly kind: 'migrate'; readonly atMs: number }
  /** A record that was sent before is written again, however long ago that was, and whether or not the broker had lost it. */
  | { readonly kind: 'echo'; readonly atMs: number };

const kinds: readonly [SagaKind, ...SagaKind[]] = ['order', 'basket', 'print', 'family', 'outside'];
const verbs: readonly [VerbKind, ...VerbKind[]] = ['cancel', 'compensate', 'pause', 'retry', 'skip', 'cancel'];

export function drawScript(choices: Choices, sagas: number): readonly Deed[] {
  const stories = Array.from({ length: sagas }, (_, index) => storyOf(choices, index)).flat();
  const echoes = choices.chance(0.4) ? 1 + choices.below(4) : 0;
  return [
    ...stories,
    ...Array.from({ length: echoes }, () => ({ kind: 'echo', atMs: 1_000 + choices.below(30_000) }) as const),
  ];
}

function storyOf(choices: Choices, index: number): readonly Deed[] {
  const key = `k${index}`;
  const saga = choices.one(kinds);
  const atMs = choices.below(4_000);
  const items = Array.from({ length: choices.below(4) }, (_, item) => `i${item}`);
  const input: OrderInput = { order: `o${index}`, customer: `c${choices.below(2)}`, items };
  const within = choices.chance(0.25) ? choices.one(['commit', 'roll back'] as const) : undefined;
  const start: Deed = { kind: 'start', atMs, saga, key, input, ...(within === undefined ? {} : { within }) };
  const deeds: Deed[] = [start];
  const later = (upToMs: number): number => atMs + 50 + choices.below(upToMs);
  if (choices.chance(0.15)) deeds.push({ ...start, atMs: later(6_000) });
  if (saga === 'print' && !choices.chance(0.15)) deeds.push({ kind: 'verb', verb: 'signal', key, atMs: later(9_000) });
  if (choices.chance(0.35)) deeds.push(...verbsOf(choices, key, later));
  if (choices.chance(0.1)) deeds.push({ kind: 'forge', key, atMs: later(5_000) });
  if (saga === 'order' && choices.chance(0.25)) deeds.push({ kind: 'migrate', atMs: later(5_000) });
  return deeds;
}

function verbsOf(choices: Choices, key: string, later: (upToMs: number) => number): readonly Deed[] {
  const verb = choices.one(verbs);
  const atMs = later(8_000);
  const said: Deed = { kind: 'verb', verb, key, atMs };
  return verb === 'pause' ? [said, { ...said, verb: 'resume', atMs: atMs + choices.below(6_000) }] : [said];
}

/** The definition that a process starts such a saga with. */
export function definitionOf(saga: SagaKind, set: SagaSet, knowsSecond: boolean) {
  if (saga !== 'order') return set[saga];
  return knowsSecond ? set.order2 : set.order1;
}
