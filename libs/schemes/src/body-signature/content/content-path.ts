import { ConfigurationError } from "@lacre/core/scheme";

const MAX_STEPS = 16;
const STEP = /^[\x21-\x2d\x2f-\x7a\x7c\x7e]{1,64}$/; // printable, without "." and braces

/** A place in the content: names and indices of JSON, or one name of a form. */
export interface ContentPath {
  /** As it was given: the name where the content is a form. */
  readonly name: string;
  /** Name by name, where the content is JSON. */
  readonly steps: readonly string[];
}

/**
 * Reads a path such as `signature.token` or `items.0.id`.
 * @throws ConfigurationError
 */
export function readContentPath(path: unknown, at: string): ContentPath {
  const steps = typeof path === "string" ? path.split(".") : [];
  if (steps.length > MAX_STEPS || steps.length === 0 || !steps.every((step) => STEP.test(step)))
    throw new ConfigurationError(
      at,
      "must be a path in the content: names and indices with dots between them.",
      'Write it like "signature.token" or "items.0.id".',
    );
  return { name: path as string, steps };
}
