import { foundText } from '@backstitch/messaging';
import { SagaError } from '../errors.js';

/** `500ms`, `30s`, `15m`, `2h`, `90d`. */
export type Duration = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

const unitMs = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const pattern = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/;
/** Longer than a century is a slip of the unit, and would overflow a timestamp. */
const maxMs = 36_525 * unitMs.d;

/** Whole milliseconds. Throws `DURATION_INVALID` naming the field and the value. */
export function parseDuration(text: string, field: string): number {
  const match = pattern.exec(text);
  const ms = match === null ? Number.NaN : Math.round(Number(match[1]) * unitMs[match[2] as keyof typeof unitMs]);
  if (!Number.isFinite(ms) || ms > maxMs) {
    throw new SagaError('DURATION_INVALID', `${field} is not a duration: ${foundText(text)}`, {
      fields: { field, value: text },
      hint: 'write a number and a unit of ms, s, m, h or d, such as 30s',
    });
  }
  return ms;
}
