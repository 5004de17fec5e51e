import { parse as parseYaml } from "yaml";
import { UsageError } from "../exit.js";
import type { ExampleContent, ExampleRequest, Pair } from "./collection.js";
import { FORM_TYPE } from "./collection.js";
import { exampleOf, isObject, Resolver, type Json } from "./example.js";

/** The operations of OpenAPI but TRACE, which LACRE1 refuses. */
const METHODS = ["get", "put", "post", "delete", "options", "head", "patch"];

/** What an OpenAPI document holds. */
export interface Described {
  readonly title: string;
  readonly requests: readonly ExampleRequest[];
  /** Operations that a script cannot sign, each with the reason. */
  readonly leftOut: readonly string[];
}

/**
 * One request for each operation of an OpenAPI 3 document.
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
  for (const [path, written] of Object.entries(document["paths"])) {
    const item = resolver.object(written);
    for (const method of METHODS) {
      if (item[method] === undefined) continue;
      const operation = resolver.object(item[method]);
      const called = `${method.toUpperCase()} ${path}`;
      const content = contentOf(operation, resolver);
      if (content instanceof Unsignable) leftOut.push(`${called}: ${content.reason}`);
      else requests.push(requestOf(called, path, item, operation, content, resolver));
    }
  }
  const title = resolver.object(document["info"])["title"];
  return { title: typeof title === "string" ? title : "API", requests, leftOut };
}

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
  path: string,
  item: Record<string, Json>,
  operation: Record<string, Json>,
  content: ExampleContent | undefined,
  resolver: Resolver,
): ExampleRequest {
  const parameters = parametersOf(item, operation, resolver);
  const within = (place: string): Pair[] =>
    parameters
      .filter((parameter) => parameter["in"] === place)
      .map((parameter) => [String(parameter["name"]), plain(exampleOf(parameter, resolver))]);
  const filled = within("path").reduce(
    (text, [name, value]) => text.replaceAll(`{${name}}`, encodeURIComponent(value || "1")),
    path,
  );
  const query = within("query")
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
    .join("&");
  const summary = operation["summary"] ?? operation["operationId"];
  return {
    name: typeof summary === "string" && summary !== "" ? summary : called,
    method: called.slice(0, called.indexOf(" ")),
    target: query === "" ? filled : `${filled}?${query}`,
    // OpenAPI has other places for these three; the signature sets the last itself.
    headers: within("header").filter(
      ([name]) => !/^(accept|content-type|authorization)$/i.test(name),
    ),
    ...(content && { content }),
  };
}

/** Those that have to be there. An operation's own take the place of the path's. */
function parametersOf(
  item: Record<string, Json>,
  operation: Record<string, Json>,
  resolver: Resolver,
): Record<string, Json>[] {
  const found = new Map<string, Record<string, Json>>();
  for (const list of [item["parameters"], operation["parameters"]]) {
    for (const written of Array.isArray(list) ? list : []) {
      const parameter = resolver.object(written);
      found.set(`${String(parameter["in"])} ${String(parameter["name"])}`, parameter);
    }
  }
  return [...found.values()];
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
  const example = exampleOf(resolver.object(media), resolver);
  if (type.toLowerCase() === FORM_TYPE)
    return {
      kind: "form",
      fields: Object.entries(isObject(example) ? example : {}).map(([name, value]) => [
        name,
        plain(value),
      ]),
    };
  const text = /json$/i.test(type) ? JSON.stringify(example ?? {}, null, 2) : plain(example);
  return { kind: "text", type, text };
}

const plain = (value: Json | undefined): string =>
  value === undefined || value === null
    ? ""
    : typeof value === "object"
      ? JSON.stringify(value)
      : String(value);
