const longest = 2_000;

/**
 * The message of whatever was thrown, as text that can be journalled and sent, cut to 2000 characters. JavaScript lets anything be thrown: an
 * error whose message is an object, or an object that cannot become text, must not throw a second time where the first throw is handled.
 */
export function thrownMessage(thrown: unknown): string {
  try {
    const said: unknown = thrown instanceof Error ? thrown.message : thrown;
    return (typeof said === 'object' && said !== null ? JSON.stringify(said) : String(said)).slice(0, longest);
  } catch {
    return 'something was thrown that has no text';
  }
}
