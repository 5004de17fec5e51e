/**
 * What a promise gives, unless the caller gives up first: whatever else the promise waits for, nobody waits for it then.
 * @throws the reason of the signal
 */
export async function unlessAborted<T>(promise: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (signal === undefined) return promise;
  let give = (): void => {};
  const given = new Promise<never>((_, reject) => {
    give = () => reject(signal.reason as Error);
    if (signal.aborted) give();
    else signal.addEventListener("abort", give);
  });
  try {
    return await Promise.race([promise, given]);
  } finally {
    signal.removeEventListener("abort", give);
  }
}
