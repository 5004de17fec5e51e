/**
 * Calls an observer. Whatever it throws, or its promise rejects with, goes to `failed` as text: it changes no verdict
 * and, unlike a rejection that nobody handles, does not end the process.
 */
export function callObserver(call: () => unknown, failed: (reason: string) => void): void {
  try {
    const told = call();
    // Any thenable, not promises alone: a transpiled or foreign one is no instance of ours.
    if (typeof told === "object" && told !== null)
      Promise.resolve(told).then(undefined, (error: unknown) => failed(textOf(error)));
  } catch (error) {
    failed(textOf(error));
  }
}

function textOf(error: unknown): string {
  try {
    return String(error);
  } catch {
    return "a value without text"; // an object without a prototype, or with a toString that throws
  }
}
