/** `EPIPE` and `EBUSY` have five capitals too: only the standard's and Postgres's own classes count without further proof. */
const knownClass = /^(?:[0-9][0-9A-Z]|F0|HV|P0|XX)[0-9A-Z]{3}$/;
const anyState = /^[0-9A-Z]{5}$/;
const maxCauses = 8;

/**
 * The SQLSTATE of an error that the server sent, looked for along `cause`; undefined where there is none. A state of the user's own
 * (`raise … using errcode = 'ABCDE'`) is recognised by the `severity` that every server message carries.
 */
export function sqlState(error: unknown): string | undefined {
  for (const link of causes(error)) {
    const { code, severity } = link as { code?: unknown; severity?: unknown };
    if (typeof code !== 'string') continue;
    if (knownClass.test(code) || (typeof severity === 'string' && anyState.test(code))) return code;
  }
  return undefined;
}

/** The error and what caused it, outermost first. Bounded, for `cause` may form a ring. */
export function causes(error: unknown): readonly object[] {
  const chain: object[] = [];
  let link = error;
  while (typeof link === 'object' && link !== null && chain.length < maxCauses) {
    chain.push(link);
    link = (link as { cause?: unknown }).cause;
  }
  return chain;
}
