/** A promise and the hand that resolves it. Raising it again changes nothing. */
export interface OneSignal<T> {
  readonly raised: Promise<T>;
  raise(value: T): void;
}

export function createOneSignal<T = void>(): OneSignal<T> {
  let raise: (value: T) => void = () => undefined;
  const raised = new Promise<T>((resolve) => {
    raise = resolve;
  });
  return { raised, raise: (value) => raise(value) };
}
