import type { EventValidation } from '@backstitch/messaging';
import { orderFlowEvents } from './event-catalog.js';

/**
 * Checks an event's payload, a value or JSON text, against the schema of its type. Answers every violation with its path as a JSON pointer;
 * an unknown type and text that is not JSON are violations too. Never throws.
 */
export function validateEvent(type: string, payload: unknown): EventValidation {
  return orderFlowEvents.validate(type, payload);
}
