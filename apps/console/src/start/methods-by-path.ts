import type { Operations } from "../access/operations.js";

/** Which methods a path has. Routes are known once the app is ready, so they are asked for at the first miss. */
export class MethodsByPath {
  #routes: readonly { readonly method: string; readonly pattern: RegExp }[] | undefined;

  /** @param more routes that are no operations */
  constructor(
    private readonly operations: Operations,
    private readonly more: readonly (readonly [method: string, path: string])[],
  ) {}

  at(path: string): string[] {
    this.#routes ??= [
      ...this.operations.routes.map(({ method, path: route }) => [method, route] as const),
      ...this.more,
    ].map(([method, route]) => ({ method, pattern: patternOf(route) }));
    const found = this.#routes.filter(({ pattern }) => pattern.test(path));
    const methods = new Set(found.map(({ method }) => method));
    if (methods.has("GET")) methods.add("HEAD");
    return [...methods].sort();
  }
}

/** As Express reads it: a parameter is one segment, and a slash at the end changes nothing. */
function patternOf(path: string): RegExp {
  const parts = path
    .split("/")
    .map((part) =>
      part.startsWith(":") ? "[^/]+" : part.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"),
    );
  return new RegExp(`^${parts.join("/")}/?$`, "i");
}
