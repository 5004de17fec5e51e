export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

export const isObject = (value: Json | undefined): value is Record<string, Json> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Follows the references of one document to itself. */
export class Resolver {
  readonly #document: Json;

  constructor(document: Json) {
    this.#document = document;
  }

  /** What a value stands for, if that is an object; an empty one otherwise. */
  object(value: Json | undefined): Record<string, Json> {
    const seen = new Set<string>();
    let found = value;
    while (isObject(found) && typeof found["$ref"] === "string") {
      const reference = found["$ref"];
      // Round in a circle, or to another file.
      if (seen.has(reference) || !reference.startsWith("#/")) return {};
      seen.add(reference);
      found = this.#follow(reference);
    }
    return isObject(found) ? found : {};
  }

  /** RFC 6901, section 6. */
  #follow(reference: string): Json | undefined {
    let at: Json | undefined = this.#document;
    for (const part of reference.slice(2).split("/")) {
      const name = decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~");
      at = isObject(at) && Object.hasOwn(at, name) ? at[name] : undefined;
    }
    return at;
  }
}

/** Deep enough for examples, and an end for schemas that hold themselves. */
const MAX_DEPTH = 6;

/** An example for a parameter or a media type: one that is written down, or one made from its schema. */
export function exampleOf(holder: Record<string, Json>, resolver: Resolver): Json | undefined {
  if (holder["example"] !== undefined) return holder["example"];
  const [first] = Object.values(resolver.object(holder["examples"]));
  const written = resolver.object(first)["value"];
  return written ?? fromSchema(holder["schema"], resolver, 0);
}

const BY_FORMAT: Readonly<Record<string, string>> = {
  date: "2026-01-31",
  "date-time": "2026-01-31T12:00:00Z",
  email: "user@example.com",
  uri: "https://example.com/",
  uuid: "123e4567-e89b-42d3-a456-426614174000",
};

function fromSchema(
  written: Json | undefined,
  resolver: Resolver,
  depth: number,
): Json | undefined {
  const schema = resolver.object(written);
  const { example, examples, default: usual, enum: choices } = schema;
  const given = example ?? (Array.isArray(examples) ? examples[0] : undefined) ?? schema["const"];
  if (given !== undefined) return given;
  if (usual !== undefined) return usual;
  if (Array.isArray(choices) && choices.length > 0) return choices[0];
  if (depth >= MAX_DEPTH) return undefined;

  const all = listOf(schema["allOf"]).map((part) => fromSchema(part, resolver, depth + 1));
  const [either] = [...listOf(schema["oneOf"]), ...listOf(schema["anyOf"])];
  const parts = [...all, fromProperties(schema, resolver, depth)].filter(isObject);
  if (parts.length > 0) return Object.assign({}, ...parts) as Record<string, Json>;
  if (either !== undefined) return fromSchema(either, resolver, depth + 1);
  return fromType(schema, resolver, depth);
}

const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

function fromProperties(
  schema: Record<string, Json>,
  resolver: Resolver,
  depth: number,
): Record<string, Json> | undefined {
  if (!isObject(schema["properties"])) return undefined;
  const members = Object.entries(schema["properties"])
    .filter(([, property]) => resolver.object(property)["readOnly"] !== true)
    .map(([name, property]) => [name, fromSchema(property, resolver, depth + 1)] as const)
    .filter(([, value]) => value !== undefined);
  return Object.fromEntries(members) as Record<string, Json>;
}

function fromType(
  schema: Record<string, Json>,
  resolver: Resolver,
  depth: number,
): Json | undefined {
  const type = Array.isArray(schema["type"]) ? schema["type"][0] : schema["type"];
  switch (String(type)) {
    case "integer":
    case "number":
      return typeof schema["minimum"] === "number" ? schema["minimum"] : 1;
    case "boolean":
      return true;
    case "string":
      return BY_FORMAT[String(schema["format"])] ?? "text";
    case "array": {
      const item = fromSchema(schema["items"], resolver, depth + 1);
      return item === undefined ? [] : [item];
    }
    case "object":
      return {};
    default:
      return undefined;
  }
}
