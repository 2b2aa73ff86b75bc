import { sagaOutputOf } from './author.js';
import type { Draft } from './draft.js';

/** It has come to its end: whoever waits for it hears of it, and so does whose step it is. */
export function finish(draft: Draft, status: 'completed' | 'compensated'): void {
  draft.effects.push({ kind: 'finished', status });
  const { parent, failure } = draft.folded.state;
  if (parent === undefined) return;
  if (status === 'completed') {
    const output = sagaOutputOf(draft.definition, draft.folded);
    const outcome = { kind: status, ...(output === undefined ? {} : { output }) };
    draft.effects.push({ kind: 'tellParent', parent, outcome });
  } else if (failure !== undefined) {
    draft.effects.push({ kind: 'tellParent', parent, outcome: { kind: status, failure } });
  }
}
