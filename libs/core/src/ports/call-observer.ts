/**
 * Calls an observer. Whatever it throws, or its promise rejects with, goes to `failed`: it changes no verdict and,
 * unlike a rejection that nobody handles, does not end the process.
 */
export function callObserver(call: () => unknown, failed: (error: unknown) => void): void {
  try {
    const told = call();
    // Any thenable, not promises alone: a transpiled or foreign one is no instance of ours.
    if (typeof told === "object" && told !== null)
      Promise.resolve(told).then(undefined, (error: unknown) => failed(error));
  } catch (error) {
    failed(error);
  }
}
