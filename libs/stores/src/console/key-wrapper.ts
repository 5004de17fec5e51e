/** Wraps and unwraps data keys with a master key that is kept elsewhere: in the environment, a file, or a service. */
export interface KeyWrapper {
  /** Which master key it wraps with: noted beside all that it wrapped. */
  readonly id: string;
  /** @param context what the data key is for; `unwrap` must be told the same */
  wrap(dataKey: Uint8Array, context: string): Promise<Uint8Array>;
  /** @throws Error where it cannot: another master key, another context, changed bytes */
  unwrap(wrapped: Uint8Array, context: string, wrappedBy: string): Promise<Uint8Array>;
}
