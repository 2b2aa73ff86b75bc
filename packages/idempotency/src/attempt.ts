import { IdempotencyMismatchError, KeyInFlightError } from './errors.js';
import type { OnceOutcome } from './once.js';

/** Everything that can become of a call under a key, as a value. Errors that are left are the work's own, or trouble. */
export type AttemptOutcome<T> =
  | OnceOutcome<T>
  /** Somebody else is at work under the key. Nothing was run: try again shortly. */
  | { readonly kind: 'in-flight' }
  /** The key was used before with another fingerprint. Nothing was run: take a new key. */
  | { readonly kind: 'mismatch' };

/** The refusals of `at` as values. The work may use keys of its own, and their refusals stay errors. */
export async function attempt<T>(
  at: { readonly scope: string; readonly key: string },
  run: () => Promise<OnceOutcome<T>>,
): Promise<AttemptOutcome<T>> {
  try {
    return await run();
  } catch (error) {
    const kind = refusalOf(error);
    if (kind === undefined) throw error;
    const { fields } = error as KeyInFlightError | IdempotencyMismatchError;
    if (fields['scope'] !== at.scope || fields['key'] !== at.key) throw error;
    return { kind };
  }
}

function refusalOf(error: unknown): 'in-flight' | 'mismatch' | undefined {
  if (error instanceof KeyInFlightError) return 'in-flight';
  return error instanceof IdempotencyMismatchError ? 'mismatch' : undefined;
}
