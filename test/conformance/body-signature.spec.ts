import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { bodySignature, type BodySignatureOptions } from "@lacre/schemes/body-signature";
import { Signer } from "@lacre/core";
import { github } from "@lacre/schemes/github";
import { slack } from "@lacre/schemes/slack";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { TestClock } from "../support/app.js";
import { Gate } from "../support/gate.js";

const AT = 1_700_000_000;
const KEY = "a key of thirty-two bytes, or more";
const appId = "acme";
const OPTIONS: BodySignatureOptions = {
  name: "acme-webhooks",
  appId,
  signatureHeader: "X-Acme-Signature",
  timestampHeader: "X-Acme-Time",
  idHeader: "X-Acme-Id",
  template: "{id}.{timestamp}.{body}",
};

describe("a format of one's own", () => {
  it.each(["sha1", "sha256", "sha384", "sha512"] as const)(
    "is written and read with %s",
    async (algorithm) => {
      const scheme = bodySignature({
        ...OPTIONS,
        algorithm,
        prefix: "v2:",
        separator: ",",
        encoding: "base64",
        template: "acme\n{timestamp}/{id}/{body}/",
      });
      const clock = new TestClock(AT * 1000);
      const key = { apiKey: KEY, encoding: "text" as const, algorithm };
      const { headers } = new Signer({ appId, ...key, scheme, clock }).sign({
        method: "PUT",
        url: "https://a.test/",
        headers: [["x-acme-id", "m=1.2"]],
        content: Buffer.from("body"),
      });
      const right = createHmac(algorithm, KEY).update(`acme\n${AT}/m=1.2/body/`).digest("base64");
      expect(headers).toEqual([
        ["x-acme-id", "m=1.2"],
        ["x-acme-time", String(AT)],
        ["x-acme-signature", `v2:${right}`],
      ]);
      const gate = new Gate(scheme, [{ appId, ...key, schemes: [scheme.name] }], clock);
      const arrival = { headers: [...headers], body: "body" };
      expect(await gate.judge({ ...arrival, body: "bodY" })).toBe("signature-mismatch");
      expect(await gate.judge(arrival, { signedHeaders: ["x-acme-id"] })).toBe("accepted");
      expect(await gate.judge(arrival)).toBe("nonce-seen");
    },
  );

  it("keeps two apps apart", async () => {
    const { appId: _none, ...others } = OPTIONS;
    const scheme = bodySignature({ ...others, appIdHeader: "x-acme-from" });
    const clock = new TestClock(AT * 1000);
    const apps = ["one", "two"].map((name) => ({
      appId: name,
      apiKey: `${KEY} ${name}`,
      encoding: "text" as const,
      schemes: [scheme.name],
    }));
    const gate = new Gate(scheme, apps, clock);
    const send = (by: number, from: string): Promise<string> => {
      const { schemes: _schemes, ...key } = apps[by] as (typeof apps)[0];
      const signer = new Signer({ ...key, scheme, clock });
      const { headers } = signer.sign({
        method: "POST",
        url: "https://a.test/",
        headers: [["x-acme-id", "same"]],
      });
      return gate.judge({
        headers: headers.map(([name, value]) => [name, name === "x-acme-from" ? from : value]),
      });
    };
    expect(await send(0, "two")).toBe("signature-mismatch");
    expect(await send(0, "one")).toBe("accepted");
    expect(await send(1, "two")).toBe("accepted"); // the same id, of another app
    expect(await send(0, "one")).toBe("nonce-seen");
  });
});

describe("a template under which two messages could have one text", () => {
  it.each<[string, string, string]>([
    ["{id}{query}{timestamp}{body}", "{id}", "{query}"],
    ["{query:a}{id}.{timestamp}{body}", "{query:a}", "{id}"],
    ["{id}{method}{timestamp}{body}", "{id}", "{method}"],
    ["{url}{path}{id}.{timestamp}{body}", "{url}", "{path}"],
    ["{id}{header:x-a}{timestamp}{body}", "{id}", "{header:x-a}"],
    ["{timestamp}{id}{form}", "{id}", "{form}"],
    ["{body}{id}.{query}{timestamp}", "{id}", "{query}"],
    ["{body}{form}{id}.{timestamp}", "{body}", "{form}"],
  ])("%j is refused, with both places", (template, left, right) =>
    expect(() => bodySignature({ ...OPTIONS, template })).toThrow(
      `bodySignature.template: does not tell where ${left} ends and ${right} begins`,
    ),
  );

  /** Every way to cut a text of three letters and dots into id and content. */
  it.each(["{id}.{timestamp}.{body}", "{body}.{id}{timestamp}", "{timestamp}{id}:{body}"])(
    "%j has one reading",
    (template) => {
      const scheme = bodySignature({ ...OPTIONS, template });
      const texts = new Map<string, string>();
      const pieces = ["", "a", ".", ":", "1", `${AT}`, `.${AT}.`, `a.${AT}`, `:1`, "a:", "a."];
      const signer = new Signer({
        appId,
        apiKey: KEY,
        encoding: "text",
        scheme,
        clock: new TestClock(AT * 1000),
      });
      let signed = 0;
      for (const id of pieces)
        for (const body of pieces) {
          let text: string;
          try {
            text = signer.sign({
              method: "POST",
              url: "https://a.test/",
              headers: [["x-acme-id", id]],
              content: Buffer.from(body),
            }).canonicalRequest;
          } catch {
            continue; // no id
          }
          signed++;
          expect(texts.get(text)).toBe(undefined);
          texts.set(text, JSON.stringify([id, body]));
        }
      expect(signed).toBeGreaterThan(30);
    },
  );
});

describe("options", () => {
  it.each<[Partial<Record<keyof BodySignatureOptions, unknown>>, string]>([
    [{ name: "Acme" }, "name"],
    [{ name: undefined }, "name"],
    [{ template: "{id}.{body}" }, "template"],
    [{ template: "{id}.{timestamp}.{body}.{body}" }, "template"],
    [{ template: "{id}.{timestamp}.{body}.{host}" }, "template"],
    [{ template: "" }, "template"],
    [{ template: "{id}.{timestamp}.{body}.{" }, "template"],
    [{ template: "{id}.${timestamp}.{body}" }, "template"],
    [{ template: "{id}.{timestamp}.{body}é" }, "template"],
    [{ template: 7 }, "template"],
    [{ timestampHeader: undefined }, "template"],
    [{ idHeader: undefined }, "template"],
    [{ idHeader: "x-acme-time" }, "signatureHeader"],
    [{ timestampPrefix: "t=" }, "timestampPrefix"],
    [{ timestampHeader: undefined, timestampPrefix: "t=" }, "timestampPrefix"],
    [{ separator: ",", prefix: "v1," }, "prefix"],
    [{ separator: "and", prefix: "v1=" }, "separator"],
    [{ separator: "x", prefix: "v1=" }, "separator"],
    [{ prefix: " v1" }, "prefix"],
    [{ prefix: "v".repeat(33) }, "prefix"],
    [{ prefix: "é=" }, "prefix"],
    [
      { timestampHeader: undefined, timestampPrefix: "v=", prefix: "v=", separator: "," },
      "timestampPrefix",
    ],
    [{ algorithm: "md5" }, "algorithm"],
    [{ algorithm: "__proto__" }, "algorithm"],
    [{ encoding: "latin1" }, "encoding"],
    [{ onceBy: "time" }, "onceBy"],
    [{ idHeader: undefined, template: "{timestamp}.{body}", onceBy: "id" }, "onceBy"],
    [{ minKeyBytes: 0 }, "minKeyBytes"],
    [{ repeatSafe: "true" }, "repeatSafe"],
    [{ keyEncodings: [] }, "keyEncodings"],
    [{ keyEncodings: ["utf8"] }, "keyEncodings[0]"],
    [{ clock: {} }, "clock"],
    [{ acknowledgeWeakness: 1 }, "acknowledgeWeakness"],
    [{ appId: undefined }, "appId"],
    [{ appIdPath: "/:appId" }, "appId"],
    [{ appId: undefined, appIdPath: "/hooks/acme" }, "appIdPath"],
    [{ appId: undefined, appIdPath: "/:appId/:appId" }, "appIdPath"],
    [{ appId: undefined, appIdPath: "/x:appId" }, "appIdPath"],
    [{ appId: undefined, appIdPath: "/:appId/" }, "appIdPath"],
    [{ appId: undefined, appIdPath: ":appId" }, "appIdPath"],
    [{ appId: undefined, appIdPath: "/:appId?x" }, "appIdPath"],
    [{ appId: undefined, appIdOf: "x-shop" }, "appIdOf"],
    [{ signatureHeader: undefined }, "signatureHeader"],
    [{ signatureHeader: [] }, "signatureHeader"],
    [{ signatureHeader: ["x-a", "cookie"] }, "signatureHeader[1]"],
    [{ signatureHeader: ["x-a", "X-A"] }, "signatureHeader"],
    [{ signatureHeader: ["x-a", "x-acme-id"] }, "signatureHeader"],
    [{ signatureHeader: Array.from({ length: 17 }, (_, i) => `x-${i}`) }, "signatureHeader"],
    [{ signatureHeader: "Authorization" }, "signatureHeader"],
    [{ signatureHeader: "Authorization", prefix: "HMAC" }, "signatureHeader"],
    [{ signatureField: "a.b" }, "signatureHeader"],
    [{ signatureHeader: undefined, signatureField: "a..b" }, "signatureField"],
    [{ signatureHeader: undefined, signatureField: "" }, "signatureField"],
    [{ signatureHeader: undefined, signatureField: "a.".repeat(16) + "a" }, "signatureField"],
    [{ timestampField: "at" }, "timestampField"],
    [{ timestampFormat: "rfc3339" }, "timestampFormat"],
    [{ idField: "id" }, "idField"],
    [{ encoding: "base64", separator: "=", prefix: "v1:" }, "separator"],
    [{ encoding: "base64url", separator: "-" }, "separator"],
    [
      { timestampHeader: undefined, timestampPrefix: "", timestampFormat: "iso", separator: ":" },
      "separator",
    ],
    [{ timestampHeader: undefined, timestampPrefix: "a,b", separator: "," }, "timestampPrefix"],
    [{ content: "gzip" }, "content"],
    [{ contentDigest: {} }, "contentDigest"],
    [{ contentDigest: { query: "sum" } }, "contentDigest"],
    [{ contentDigest: { query: "sum", header: "x-sum" } }, "contentDigest"],
    [{ contentDigest: { header: "x-sum" } }, "contentDigest"],
    [{ contentDigest: { header: "x-sum", md5: true } }, "contentDigest.md5"],
    [
      {
        template: "{id}.{timestamp}.{header:x-sum}.{field:a}",
        contentDigest: { header: "x-sum" },
      },
      "contentDigest",
    ],
    [{ template: "{id}.{timestamp}.{header:x-acme-id}.{body}" }, "signatureHeader"],
    [{ template: "{id}.{timestamp}.{header:cookie}.{body}" }, "template"],
    [{ template: "{id}.{timestamp}.{header:}.{body}" }, "template"],
    [{ template: "{id}.{timestamp}.{query:}.{body}" }, "template"],
    [{ template: "{id}.{timestamp}.{field:a b}.{body}" }, "template"],
    [{ template: "{id}.{timestamp}.{query:a}.{query:a*}" }, "template"],
    [{ template: "plain" }, "template"],
    [{ template: "[a{query:a};]a{id}.{timestamp}.{body}" }, "template"],
    [{ template: "[a{query:a};]{id}.{timestamp}.{body}" }, "template"],
    [{ template: "[a{query:a};][a{query:b};]c{id}.{timestamp}.{body}" }, "template"],
    [{ template: "[{query:a};]c{id}.{timestamp}.{body}" }, "template"],
    [{ template: "[a{query:a}]c{id}.{timestamp}.{body}" }, "template"],
    [{ template: "[a{query:a}b]c{id}.{timestamp}.{body}" }, "template"],
    [{ template: "[a{query:a};{query:b};]c{id}.{timestamp}.{body}" }, "template"],
    [{ template: "[a{query:a*};]c{id}.{timestamp}.{body}" }, "template"],
    [{ template: "[a{id};]c{timestamp}.{body}" }, "template"],
    [{ template: "[a{body};]c{id}.{timestamp}" }, "template"],
    [{ template: "[a]c{id}.{timestamp}.{body}" }, "template"],
    [{ template: "c{id}.[a{query:a};]{timestamp}.{body}" }, "template"],
    [{ template: "[[a{query:a};]]c{id}.{timestamp}.{body}" }, "template"],
    [{ template: "{id}.{timestamp}.{body}]" }, "template"],
    [{ template: "[a{query:a};]c{id}.{timestamp}.{body}{query:a|lower}" }, "template"],
    [{ template: "{id}.{timestamp}.{body}.{query:|lower}" }, "template"],
    [{ timestampFormat: "unix", template: "{id}.{timestamp}{body}" }, "template"],
    [{ timestampFormat: "unix", template: "{body}1{timestamp}.{id}" }, "template"],
    [{ template: `{id}.{timestamp}.{body}${"x".repeat(4096)}` }, "template"],
  ])("%j: %s", (options, option) =>
    expect(() => bodySignature({ ...OPTIONS, ...options } as BodySignatureOptions)).toThrow(
      expect.objectContaining({ option: `bodySignature.${option}` }),
    ),
  );

  it("say what is not protected, each in a sentence", () => {
    const { timestampHeader: _time, idHeader: _id, ...others } = OPTIONS;
    const said = (options: Partial<BodySignatureOptions>): readonly string[] =>
      bodySignature({ ...others, ...options } as BodySignatureOptions).weaknesses ?? [];
    const time = { timestampHeader: "x-acme-time" };
    const weak = (text: string) => expect.stringContaining(text) as unknown as string;
    expect(bodySignature(OPTIONS).weaknesses).toEqual([]);
    expect(said({ template: "{body}" })).toEqual([weak("No time is signed")]);
    expect(said({ ...time, template: "{timestamp}" })).toEqual([weak("The content is not signed")]);
    expect(said({ ...time, idHeader: "x-id", template: "{timestamp}{body}" })).toEqual([
      weak("The id (x-id) is not signed"),
    ]);
    expect(
      said({ ...time, idHeader: "x-id", template: "{timestamp}{body}", onceBy: "signature" }),
    ).toEqual([]);
    expect(said({ ...time, idField: "id", template: "{timestamp}{body}" })).toEqual([]);
    expect(said({ ...time, template: "{timestamp}{form}" })).toEqual([weak("Names and values")]);
    expect(said({ ...time, template: "{timestamp}{url}{form}" })).toEqual([
      weak("Names and values"),
      weak("does not tell where {url} ends and {form} begins"),
    ]);
    expect(said({ ...time, repeatSafe: true, template: "{timestamp}{body}" })).toEqual([
      weak("GET and HEAD may be repeated"),
    ]);
    expect(said({ ...time, repeatSafe: true, template: "{method}\n{timestamp}{body}" })).toEqual(
      [],
    );
    expect(said({ template: "{body}", acknowledgeWeakness: true })).toEqual([]);
  });

  it("of another name, or no object, are refused under every format", () => {
    const makers = { bodySignature, github, slack, standardWebhooks, stripe, timestampBody };
    for (const [name, make] of Object.entries(makers) as [string, (options: never) => unknown][]) {
      const given = name === "bodySignature" ? OPTIONS : { appId };
      expect(() => make({ ...given, rememberSeconds: 600 } as never)).toThrow(
        `${name}.rememberSeconds: is not an option of ${name}.`,
      );
      for (const wrong of [null, "acme", []])
        expect(() => make(wrong as never)).toThrow(`${name}: is `);
    }
  });
});
