import type { AuthorContext } from '../definition/step-definition.js';

/**
 * What all of the author's functions see, with more beside it. A spread would look at all of it, and so copy it; whatever the context holds beyond is
 * not taken over.
 */
export function withMore<More extends object>(context: AuthorContext, more: More): AuthorContext & More {
  return {
    sagaId: context.sagaId,
    get input() {
      return context.input;
    },
    get steps() {
      return context.steps;
    },
    ...more,
  };
}
