/** A value, or the promise of one. */
export type Maybe<Value> = Value | Promise<Value>;

/** Goes on with a value: at once where there is nothing to wait for, since a promise costs a turn of the event loop. */
export function after<Value, Next>(
  value: Maybe<Value>,
  next: (value: Value) => Maybe<Next>,
): Maybe<Next> {
  return isPromise(value) ? value.then(next) : next(value);
}

/** Any thenable: promises of another realm or library are no instances of ours. */
export function isPromise<Value>(value: Maybe<Value>): value is Promise<Value> {
  return typeof (value as Partial<Promise<Value>> | null | undefined)?.then === "function";
}
