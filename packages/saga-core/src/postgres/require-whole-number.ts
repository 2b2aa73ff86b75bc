import { foundText } from '@backstitch/messaging';
import { SagaError } from '../errors.js';

/** Answers the number, or throws OPTION_INVALID with the field and what was found. */
export function requireWholeNumber(field: string, found: number): number {
  if (Number.isSafeInteger(found) && found > 0) return found;
  throw new SagaError('OPTION_INVALID', `${field} is ${foundText(found)}; it must be a whole number above 0.`, {
    fields: { field, found },
    hint: `Give ${field} as a whole number above 0, or leave it out.`,
  });
}
