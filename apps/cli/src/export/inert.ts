import type { ExampleContent, ExampleRequest, Pair } from "./collection.js";

/** What begins a variable or a tag in one of the tools: `{{` in all of them, `{%` and `{#` in Insomnia. */
const OPENING = /\{(?=[{%#])/g;

/**
 * Text of a document that no tool takes for a variable, or the document could have the key sent by writing
 * `{{apiKey}}`. No tool has an escape, so a blank breaks the braces.
 */
export const inertText = (text: string): string => text.replace(OPENING, "{ ");

/** A request of a document with nothing in it that is a variable, and what is another text by that. */
export interface InertRequest {
  readonly request: ExampleRequest;
  /** Of each part what became of it, for people. */
  readonly changed: readonly string[];
}

/** Makes everything inert that a document says of a request; where the place has an escape, it means the same. */
export function inertRequest({ name, method, target, ...rest }: ExampleRequest): InertRequest {
  const named = rest.headers.filter(([header]) => TOKEN.test(header));
  const content = rest.content && inertContent(rest.content);
  const brokenIn = [
    ...named
      .filter(([, value]) => inertText(value) !== value)
      .map(([header]) => `the header ${header}`),
    ...(content && isOther(content, rest.content) ? ["the content"] : []),
  ];
  return {
    request: {
      name: inertText(name),
      method,
      target: target.replace(OPENING, "%7B"),
      headers: named.map(inertPair),
      ...(content && { content }),
    },
    changed: [
      ...rest.headers
        .filter(([header]) => !TOKEN.test(header))
        .map(([header]) => `${JSON.stringify(header)} is no name of a header, and is left out`),
      ...brokenIn.map((part) => `in ${part}, "{ " stands for a "{" that would begin a variable`),
    ],
  };
}

/** RFC 9110, section 5.1. */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;

const inertPair = ([name, value]: Pair): Pair => [inertText(name), inertText(value)];

function inertContent(content: ExampleContent): ExampleContent {
  if (content.kind === "form") return { kind: "form", fields: content.fields.map(inertPair) };
  const { kind, type, text } = content;
  // In JSON that is indented, only a string has two of these side by side.
  const inert = isJson(type) ? text.replace(OPENING, "\\u007b") : inertText(text);
  return { kind, type: inertText(type), text: inert };
}

const isJson = (type: string): boolean => /json$/i.test(type);

const isOther = (inert: ExampleContent, given: ExampleContent | undefined): boolean =>
  !(inert.kind === "text" && isJson(inert.type)) && JSON.stringify(inert) !== JSON.stringify(given);
