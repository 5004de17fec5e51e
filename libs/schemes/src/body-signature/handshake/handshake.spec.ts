import { describe, expect, it } from "@jest/globals";
import { HeaderLines, type SignableRequest } from "@lacre/core/scheme";
import { bodySignature, type Handshake } from "../body-signature.js";

const schemeWith = (handshake: unknown, more = {}) =>
  bodySignature({
    name: "acme",
    appId: "acme",
    signatureHeader: "x-signature",
    template: "{body}",
    handshake: handshake as Handshake,
    ...more,
  });

const head = (more: Partial<SignableRequest>, headers = {}): SignableRequest => ({
  method: "POST",
  target: "/hooks",
  host: "a.example",
  authority: "a.example",
  urlScheme: "https",
  headers: HeaderLines.fromEntries(Object.entries(headers)),
  ...more,
});

describe("the options of a first contact", () => {
  const CHALLENGE = { name: "challenge", signed: true, fields: { challenge: "{token}" } };
  const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
    ["no name", { signed: true }, /bodySignature\.handshake\.name: is missing/],
    ["nothing of signed", { name: "a" }, /bodySignature\.handshake\.signed: is missing/],
    [
      "a misspelt name",
      { ...CHALLENGE, feilds: {} },
      /feilds: is not an option .* Did you mean fields/,
    ],
    ["no shape", { name: "a", signed: false }, /has no shape: every request would be one/],
    ["no object", "challenge", /must be an object of options/],
    ["a second that is wrong", [CHALLENGE, { name: "b" }], /bodySignature\.handshake\[1\]\.signed/],
    ["a form and JSON", { ...CHALLENGE, form: { a: "b" } }, /is a form and JSON/],
    ["a GET with content", { ...CHALLENGE, method: "GET" }, /is a GET with content/],
    ["another method", { ...CHALLENGE, method: "PUT" }, /"GET" or "HEAD" or "POST"/],
    [
      "an unset token",
      { name: "a", signed: false, query: { token: "" } },
      /query\.token: must be a text of 1 to 512/,
    ],
    [
      "no text",
      { name: "a", signed: false, query: { token: undefined } },
      /query\.token: must be a text/,
    ],
    [
      "an unknown kind",
      { name: "a", signed: false, query: { token: "{html}" } },
      /Kinds: \{digits\}, \{token\}, \{line\}/,
    ],
    [
      "a name that is none",
      { name: "a", signed: false, headers: { "a b": "{token}" } },
      /cannot be one of a header/,
    ],
    [
      "a place that is not there",
      { ...CHALLENGE, answer: { text: "{field:other}" } },
      /uses \{field:other\}, which is no open place/,
    ],
    [
      "a fixed text sent back",
      { ...CHALLENGE, fields: { type: "a" }, answer: { text: "{field:type}" } },
      /no open place/,
    ],
    ["markup", { ...CHALLENGE, answer: { text: "<b>{field:challenge}</b>" } }, /angle brackets/],
    ["text and JSON", { ...CHALLENGE, answer: { text: "a", json: {} } }, /text or JSON, not both/],
    [
      "content of a 204",
      { ...CHALLENGE, answer: { status: 204, text: "a" } },
      /of status 204 has no content/,
    ],
    [
      "another status",
      { ...CHALLENGE, answer: { status: 302 } },
      /must have the status 200 or 204/,
    ],
    [
      "a cookie",
      { ...CHALLENGE, answer: { headers: { "Set-Cookie": "{field:challenge}" } } },
      /cannot set the header Set-Cookie/,
    ],
    [
      "a redirect",
      { ...CHALLENGE, answer: { headers: { location: "{field:challenge}" } } },
      /cannot set the header location/,
    ],
    [
      "its own type",
      { ...CHALLENGE, answer: { headers: { "content-type": "text/html" } } },
      /cannot set the header content-type/,
    ],
    [
      "a MAC of a line",
      { ...CHALLENGE, fields: { challenge: "{line}" }, answer: { text: "{mac:field:challenge}" } },
      /cannot sign \{field:challenge\}/,
    ],
    [
      "two MACs",
      {
        ...CHALLENGE,
        fields: { a: "{token}", b: "{token}" },
        answer: { text: "{mac:field:a}{mac:field:b}" },
      },
      /the MAC of one place/,
    ],
    ["a keeper that is none", { ...CHALLENGE, keep: "yes" }, /keep: must be a function/],
    [
      "more in the answer",
      { ...CHALLENGE, answer: { body: "a" } },
      /takes status, text, json and headers/,
    ],
  ];
  it.each(WRONG)("with %s stop the start", (_, handshake, message) => {
    expect(() => schemeWith(handshake)).toThrow(message);
  });

  it("tell nobody a token in a message", () => {
    const token = "hidden\u0001token";
    expect(() => schemeWith({ name: "a", signed: false, query: { token } })).toThrow(
      /^(?!.*hidden).*query\.token/,
    );
  });

  it("say what they weaken", () => {
    const crc = {
      name: "crc",
      signed: false,
      query: { crc_token: "{token}" },
      answer: { text: "{mac:query:crc_token}" },
    };
    expect(schemeWith(crc).weaknesses?.join(" ")).toMatch(/a MAC under the secret, of a word/);
    const kept = { name: "a", signed: false, fields: { token: "{token}" }, keep: () => true };
    expect(schemeWith(kept).weaknesses?.join(" ")).toMatch(/Whoever knows the path can send/);
    expect(schemeWith({ ...crc, signed: true }).weaknesses).toEqual(
      schemeWith(undefined).weaknesses,
    );
    expect(schemeWith(crc, { acknowledgeWeakness: true }).weaknesses).toEqual([]);
  });

  it("are none unless given", () => {
    expect(schemeWith(undefined).firstContacts).toBeUndefined();
    expect(schemeWith([]).firstContacts).toBeUndefined();
  });
});

describe("a first contact", () => {
  const contactOf = (handshake: unknown, more = {}) => {
    const [contact] = schemeWith(handshake, more).firstContacts ?? [];
    if (contact === undefined) throw new Error("none");
    return contact;
  };

  it("of the method HEAD needs no shape", () => {
    const contact = contactOf({ name: "head", signed: false, method: "HEAD" });
    expect(contact.mayBe(head({ method: "HEAD" }))).toBe(true);
    expect(contact.mayBe(head({ method: "GET" }))).toBe(false);
    expect(contact.read(head({ method: "HEAD" }), "")).toBeDefined();
    expect(contact.read(head({ method: "HEAD" }), "a")).toBeUndefined();
  });

  it("says who it is from as the format does, or is none", () => {
    const byPath = contactOf(
      { name: "a", signed: false, headers: { "x-hook-secret": "{token}" } },
      { appId: undefined, appIdPath: "/hooks/:appId/asana" },
    );
    const headers = { "x-hook-secret": "abc" };
    expect(byPath.read(head({ target: "/hooks/one/asana" }, headers), "")?.appId).toBe("one");
    expect(byPath.read(head({ target: "/hooks/one/other" }, headers), "")).toBeUndefined();
    expect(byPath.read(head({ target: "/hooks/a%20b/asana" }, headers), "")).toBeUndefined();
  });

  it("writes a MAC as the format writes its own", async () => {
    const handshake = {
      name: "a",
      signed: true,
      fields: { token: "{token}" },
      answer: { text: "{mac:field:token}" },
    };
    const contact = contactOf(handshake, { encoding: "hex-upper" });
    const reading = contact.read(head({}), '{"token":"abc"}');
    expect(reading?.toMac).toEqual({
      recipe: { algorithm: "sha256", encoding: "hex" },
      text: "abc",
    });
    expect((await reading?.answer("ab12"))?.content?.text).toBe("AB12");
  });

  it("holds no name of JavaScript's own objects", () => {
    const contact = contactOf({ name: "a", signed: true, fields: { constructor: "{token}" } });
    expect(contact.read(head({}), "{}")).toBeUndefined();
    expect(contact.read(head({}), '{"constructor":"a"}')).toBeDefined();
    const nested = contactOf({ name: "a", signed: true, fields: { "a.length": "{digits}" } });
    expect(nested.read(head({}), '{"a":"text"}')).toBeUndefined();
    expect(nested.read(head({}), '{"a.length":"7"}')).toBeUndefined();
  });

  it("has each name once, at whatever depth, and where it is not signed none beside", () => {
    const shape = { name: "a", fields: { "a.b": "{token}", c: [] } };
    const signed = contactOf({ ...shape, signed: true });
    const unsigned = contactOf({ ...shape, signed: false });
    const right = '{"a":{"b":"tok"},"c":[]}';
    for (const contact of [signed, unsigned]) expect(contact.read(head({}), right)).toBeDefined();
    for (const content of [
      '{"a":{"b":"tok"},"c":[],"a":{"b":"tok2"}}',
      '{"a":{"b":"tok"},"c":[],"a":{}}',
      '{"a":{"b":"tok","b":"tok2"},"c":[]}',
      '{"a":{"b":"tok"},"c":[],"c":[]}',
      '{"a":{"b":"tok"},"\\u0061":{"b":"tok"},"c":[]}',
      '{"a":"{\\"b\\":1}","a":{"b":"tok"},"c":[]}',
      `${right.slice(0, -1)},"d":"\u00ff"}`, // no UTF-8
      `${right.slice(0, -1)},"":{}}`,
      '{"":{"a":{"b":"tok"}},"c":[]}',
    ])
      for (const contact of [signed, unsigned])
        expect(contact.read(head({}), content)).toBeUndefined();
    for (const beside of ['"__proto__":{}', '"d":{}', '"d":[]', '"d":null', '"d":{"e":{}}']) {
      const content = `${right.slice(0, -1)},${beside}}`;
      expect(unsigned.read(head({}), content)).toBeUndefined();
      expect(signed.read(head({}), content)).toBeDefined();
    }
    const colons = '{"a":{"b":"tok"},"c":[],"d":"::\\"::{","e":["x:y"]}';
    expect(signed.read(head({}), colons)).toBeDefined();
  });

  it("is no deep, long or broken content", () => {
    const contact = contactOf({ name: "a", signed: true, fields: { a: "{token}" } });
    for (const content of [
      "[".repeat(8000),
      '{"a":'.repeat(1500),
      `{"a":"b",${Array.from({ length: 100 }, (_, i) => `"k${i}":1`).join(",")}}`,
      "",
      "null",
      '"a"',
      '{"a":"b"',
      "\u00ff\u00fe",
    ])
      expect(contact.read(head({}), content)).toBeUndefined();
  });
});
