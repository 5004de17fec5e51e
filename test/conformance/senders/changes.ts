import { createHash } from "node:crypto";
import { expect } from "@jest/globals";
import type { WireRequest } from "../../support/wire.js";
import { contentOf, type SenderMessage } from "./message.js";

/** Another key of the same length, spelling and prefix. */
export function otherKey({ apiKey, encoding }: SenderMessage, seed: string): string {
  if (encoding === "hex") return hexOf(seed, apiKey.length);
  const [prefix = ""] = /^(?:[a-z]+_)*/.exec(apiKey) ?? [];
  const rest = apiKey.slice(prefix.length);
  if (encoding === "text") return prefix + hexOf(seed, rest.length);
  const bytes = Buffer.from(hexOf(seed, Buffer.from(rest, "base64").length * 2), "hex");
  return prefix + bytes.toString("base64");
}
const hexOf = (seed: string, length: number): string =>
  Array.from({ length: Math.ceil(length / 64) }, (_, i) =>
    createHash("sha256").update(`${seed} ${i}`).digest("hex"),
  )
    .join("")
    .slice(0, length);

/** The same text with one letter or digit changed, the last one. */
function changedText(text: string): string {
  const changed = text.replace(
    /[0-9A-Za-z](?=[^0-9A-Za-z]*$)/,
    (last) =>
      ({ "0": "1", a: "b", A: "B" })[last] ?? (/\d/.test(last) ? "0" : last < "a" ? "A" : "a"),
  );
  expect(changed).not.toBe(text);
  return changed;
}

const withHeader = (request: WireRequest, name: string): WireRequest => ({
  ...request,
  headers: request.headers.map(([given, value]) => [
    given,
    given === name ? changedText(value) : value,
  ]),
});

/** Each change of one byte, by its name. */
export function changesOf(
  { request, expected }: SenderMessage,
  wire: WireRequest,
): [string, WireRequest][] {
  const content = contentOf(request);
  const at = (place: number): WireRequest => {
    const body = Buffer.from(content);
    body[place] = (body[place] as number) ^ 1;
    return { ...wire, body };
  };
  const places =
    content.length === 0 ? [] : [0, Math.floor(content.length / 2), content.length - 1];
  const added = { ...wire, body: Buffer.concat([content, Buffer.from("&added=1")]) };
  const text = (signed: string): WireRequest => {
    expect(request.body).toContain(signed);
    return {
      ...wire,
      body: Buffer.from((request.body ?? "").replace(signed, changedText(signed))),
    };
  };
  const headers = Object.keys(request.headers).filter((name) => !/^content-/i.test(name));
  const { target } = wire;
  return [
    ["method", { ...wire, method: wire.method === "PUT" ? "POST" : "PUT" }],
    ["url", { ...wire, target: `${target}${target.includes("?") ? "&" : "?"}changed=1` }],
    ...headers.map((name): [string, WireRequest] => [name.toLowerCase(), withHeader(wire, name)]),
    ...(expected.unsigned.includes("content")
      ? [["content", text(request.body ?? "")] as [string, WireRequest]]
      : [
          ["content, longer", added] as [string, WireRequest],
          ...places.map((place): [string, WireRequest] => [`content at ${place}`, at(place)]),
        ]),
    ...(expected.signedTexts ?? []).map((signed): [string, WireRequest] => [signed, text(signed)]),
  ];
}
