import { foundText } from '@backstitch/messaging';
import { OutboxError } from './errors.js';

/** Answers the number, or throws OPTIONS_INVALID with the field and what was found. */
export function requirePositive(field: string, found: number): number {
  if (typeof found === 'number' && Number.isFinite(found) && found > 0) return found;
  throw new OutboxError('OPTIONS_INVALID', `${field} is ${foundText(found)}; it must be a number above 0.`, {
    fields: { field, found },
    hint: `Give ${field} as a finite number above 0, or leave it out.`,
  });
}
