import { parse as parseYaml } from "yaml";
import { UsageError } from "../exit.js";
import type { ExampleContent, ExampleRequest } from "./collection.js";
import { FORM_TYPE } from "./collection.js";
import { exampleOf, isObject, Resolver, type Json } from "./example.js";
import { inertRequest, inertText } from "./inert.js";
import { fillParameters, formFields, type Filled } from "./parameters.js";
import { plainText } from "./plain-text.js";
import { otherSecurity } from "./security.js";

/** The operations of OpenAPI but TRACE, which LACRE1 refuses. */
const METHODS = ["get", "put", "post", "delete", "options", "head", "patch"];

/** What an OpenAPI document holds. */
export interface Described {
  readonly title: string;
  readonly requests: readonly ExampleRequest[];
  /** Operations that a script cannot sign, or that want something else, each with the reason. */
  readonly leftOut: readonly string[];
  /** Examples that are written in another way than the document has them, in sentences. */
  readonly changed: readonly string[];
}

/**
 * One request for each operation of an OpenAPI 3 document. Nothing that the document says is a variable of a tool.
 * @throws UsageError
 */
export function readOpenApi(text: string, file: string): Described {
  const document = parse(text, file);
  const version = document["openapi"];
  if (typeof version !== "string" || !version.startsWith("3.") || !isObject(document["paths"]))
    throw new UsageError(
      `${file} is no OpenAPI 3 document: it has no "openapi": "3.…" and "paths". Give one with --openapi, or use --request.`,
    );
  const resolver = new Resolver(document);
  const requests: ExampleRequest[] = [];
  const leftOut: string[] = [];
  const changes: string[] = [];
  for (const [path, written] of Object.entries(document["paths"])) {
    const item = resolver.object(written);
    for (const method of METHODS) {
      if (item[method] === undefined) continue;
      const operation = resolver.object(item[method]);
      const called = `${method.toUpperCase()} ${path}`;
      const content = contentOf(operation, resolver);
      const reason =
        unreachable(path) ??
        otherSecurity(operation, document, resolver) ??
        (content instanceof Unsignable ? content.reason : undefined);
      if (reason !== undefined || content instanceof Unsignable)
        leftOut.push(`${called}: ${reason}`);
      else {
        const filled = fillParameters(path, item, operation, resolver);
        const { request, changed } = inertRequest(requestOf(called, operation, filled, content));
        requests.push(request);
        changes.push(...changed.map((what) => `${called}: ${what}`));
      }
    }
  }
  const title = resolver.object(document["info"])["title"];
  return {
    title: typeof title === "string" ? inertText(title) : "API",
    requests,
    leftOut,
    changed: changes,
  };
}

/** What follows the host without a slash would be a part of it: `@example.com` is another server. */
const unreachable = (path: string): string | undefined =>
  path.startsWith("/") ? undefined : "its path does not begin with /";

function parse(text: string, file: string): Record<string, Json> {
  let document: unknown;
  try {
    document = parseYaml(text); // JSON is YAML too
  } catch (error) {
    const [reason = ""] = (error as Error).message.split("\n");
    throw new UsageError(`${file} is neither JSON nor YAML: ${reason}`);
  }
  return isObject(document as Json) ? (document as Record<string, Json>) : {};
}

function requestOf(
  called: string,
  operation: Record<string, Json>,
  filled: Filled,
  content: ExampleContent | undefined,
): ExampleRequest {
  const summary = operation["summary"] ?? operation["operationId"];
  return {
    name: typeof summary === "string" && summary !== "" ? summary : called,
    method: called.slice(0, called.indexOf(" ")),
    ...filled,
    ...(content && { content }),
  };
}

class Unsignable {
  constructor(readonly reason: string) {}
}

function contentOf(
  operation: Record<string, Json>,
  resolver: Resolver,
): ExampleContent | Unsignable | undefined {
  const offered = Object.entries(
    resolver.object(resolver.object(operation["requestBody"])["content"]),
  );
  if (offered.length === 0) return undefined;
  const by = (test: RegExp) => offered.find(([type]) => test.test(type));
  const chosen =
    by(/[/+]json$/i) ?? by(/^application\/x-www-form-urlencoded$/i) ?? by(/^text\/|[/+]xml$/i);
  if (chosen === undefined)
    return new Unsignable(`a script cannot see the bytes of ${offered[0]?.[0]}`);
  const [type, media] = chosen;
  const described = resolver.object(media);
  if (type.toLowerCase() === FORM_TYPE)
    return { kind: "form", fields: formFields(described, resolver) };
  const example = exampleOf(described, resolver);
  const text = /json$/i.test(type) ? JSON.stringify(example ?? {}, null, 2) : plainText(example);
  return { kind: "text", type, text };
}
