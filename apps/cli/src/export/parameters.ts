import type { Pair } from "./collection.js";
import { exampleOf, isObject, type Json, type Resolver } from "./example.js";
import { styledPairs, styledText, type Spelling, type Style } from "./styled.js";

/** Where the examples of an operation's parameters go. */
export interface Filled {
  /** Path and query. */
  readonly target: string;
  /** The cookies among them, in one line. */
  readonly headers: readonly Pair[];
}

type Parameter = Record<string, Json>;

const USUAL_STYLE: Readonly<Record<string, string>> = {
  query: "form",
  cookie: "form",
  path: "simple",
  header: "simple",
};

const QUERY: Spelling = {
  encode: encodeURIComponent,
  between: { spaceDelimited: "%20", pipeDelimited: "%7C" },
};

/** RFC 6570, section 3.2.3, but for what would end a value or the query. */
const RESERVED: Spelling = {
  ...QUERY,
  encode: (text) =>
    text.replace(/%[\dA-Fa-f]{2}|[^\w.~:/?@!$'()*,;=-]/gu, (part) =>
      part.length === 3 && part.startsWith("%") ? part : encodeURIComponent(part),
    ),
};

/** A path with an example for each parameter: of the path itself, its query, its headers and its cookies. */
export function fillParameters(
  path: string,
  item: Parameter,
  operation: Parameter,
  resolver: Resolver,
): Filled {
  const parameters = parametersOf(item, operation, resolver);
  const within = (place: string) => parameters.filter((parameter) => parameter["in"] === place);
  const pairs = (place: string): Pair[] =>
    within(place).flatMap((parameter) =>
      styledPairs(
        nameOf(parameter),
        valueOf(parameter, resolver),
        styleOf(parameter),
        parameter["allowReserved"] === true ? RESERVED : QUERY,
      ),
    );
  const filled = within("path").reduce(
    (text, parameter) =>
      text.replaceAll(`{${nameOf(parameter)}}`, () => inPath(parameter, resolver)),
    path,
  );
  const query = joined(pairs("query"), "&");
  const cookies = joined(pairs("cookie"), "; ");
  const headers = within("header").map((parameter): Pair => {
    const name = nameOf(parameter);
    const value = valueOf(parameter, resolver);
    return [name, styledText(name, value, styleOf(parameter), (text) => text)];
  });
  return {
    target: query === "" ? filled : `${filled}?${query}`,
    // OpenAPI has other places for the first two; the signature sets the third, and cookies have a place of their own.
    headers: [
      ...headers.filter(([name]) => !/^(accept|content-type|authorization|cookie)$/i.test(name)),
      ...(cookies === "" ? [] : [["Cookie", cookies] as const]),
    ],
  };
}

const nameOf = (parameter: Parameter): string => String(parameter["name"]);

const joined = (pairs: readonly Pair[], between: string): string =>
  pairs.map((pair) => pair.join("=")).join(between);

/** No segment of a path is empty. */
function inPath(parameter: Parameter, resolver: Resolver): string {
  const value = valueOf(parameter, resolver);
  const filled = value === undefined || value === null || value === "" ? 1 : value;
  return styledText(nameOf(parameter), filled, styleOf(parameter), encodeURIComponent);
}

/** What stands there. One that has a media type, which is JSON, is written as text. */
function valueOf(parameter: Parameter, resolver: Resolver): Json | undefined {
  const [media] = Object.values(resolver.object(parameter["content"]));
  if (media === undefined) return exampleOf(parameter, resolver);
  const value = exampleOf(resolver.object(media), resolver);
  return typeof value === "string" ? value : JSON.stringify(value ?? {});
}

function styleOf(parameter: Parameter): Style {
  const usual = USUAL_STYLE[String(parameter["in"])] ?? "form";
  const style = typeof parameter["style"] === "string" ? parameter["style"] : usual;
  const { explode } = parameter;
  return { style, explode: typeof explode === "boolean" ? explode : style === "form" };
}

/** An operation's own take the place of the path's. */
function parametersOf(item: Parameter, operation: Parameter, resolver: Resolver): Parameter[] {
  const found = new Map<string, Parameter>();
  for (const list of [item["parameters"], operation["parameters"]]) {
    for (const written of Array.isArray(list) ? list : []) {
      const parameter = resolver.object(written);
      found.set(`${String(parameter["in"])} ${nameOf(parameter)}`, parameter);
    }
  }
  return [...found.values()];
}

const FORM: Spelling = {
  encode: (text) => text,
  between: { spaceDelimited: " ", pipeDelimited: "|" },
};

/** The fields of a form: a list is repeated and an object JSON, unless the media type says otherwise. */
export function formFields(media: Record<string, Json>, resolver: Resolver): Pair[] {
  const example = exampleOf(media, resolver);
  if (!isObject(example)) return [];
  const encoding = resolver.object(media["encoding"]);
  return Object.entries(example).flatMap(([name, value]) => {
    const said = resolver.object(encoding[name]);
    if ("style" in said || "explode" in said) return styledPairs(name, value, styleOf(said), FORM);
    const each = Array.isArray(value) ? value : [isObject(value) ? JSON.stringify(value) : value];
    return styledPairs(name, each, { style: "form", explode: true }, FORM);
  });
}
