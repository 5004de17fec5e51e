import { createHash } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { ConfigurationError, Signer } from "@lacre/core";
import { bodySignature, type BodySignatureOptions } from "@lacre/schemes/body-signature";
import { TestClock } from "../support/app.js";
import { Gate } from "../support/gate.js";
import { SENDER_FORMATS, USUAL_BODY } from "../support/sender-formats.js";

/*
 * What `bodySignature` signs is what senders send: held against messages that node:crypto made, header by header.
 */

const AT = 1_700_000_000;
const ORIGIN = "https://a.test";
const TARGET = "/hooks/x";
const clock = new TestClock(AT * 1000);
const KEYS = { hex: "hex", base64: "base64", text: "hex", whsec: "base64" } as const;

const schemeOf = (options: Omit<BodySignatureOptions, "name">, appId: string) =>
  bodySignature({
    name: "x",
    ...(options.appIdHeader === undefined && { appId }),
    acknowledgeWeakness: true,
    clock,
    ...options,
  } as BodySignatureOptions);

describe("a message that is signed here", () => {
  it.each(Object.keys(SENDER_FORMATS))("%s", async (name) => {
    const format = SENDER_FORMATS[name] as (typeof SENDER_FORMATS)[string];
    const { options, encoding = "text", appId = "x" } = format;
    const apiKey = format.key ?? createHash("sha256").update(name).digest(KEYS[encoding]);
    const key = { apiKey, encoding } as const; // the hash is the format's
    const scheme = schemeOf(options, appId);
    const sent = format.send({
      key: apiKey,
      s: String(AT),
      ms: `${AT}000`,
      iso: "2023-11-14T22:13:20Z",
      origin: ORIGIN,
      target: TARGET,
    });
    const { method = "POST", search = "", body = USUAL_BODY, type = "application/json" } = sent;
    // What the sender writes beside what is signed here: an id that it keeps, a request-id.
    const given = sent.headers.filter(([header]) => !SIGNED.test(header));
    const request = {
      method,
      url: ORIGIN + TARGET + search,
      headers: [["content-type", type] as const, ...given],
      content: Buffer.from(body),
    };
    const sign = () => new Signer({ appId, ...key, scheme, clock }).sign(request);
    if (options.signatureField !== undefined) {
      expect(sign).toThrow("cannot sign");
      return;
    }
    const { headers } = sign();
    const gate = new Gate(scheme, [{ appId, ...key, schemes: ["x"] }], clock);
    const arrival = {
      method,
      target: TARGET + search,
      headers: [
        ...request.headers.filter(([each]) => !headers.some(([set]) => set === each.toLowerCase())),
        ...headers,
      ],
      body: Buffer.from(body),
    };
    expect(await gate.judge(arrival)).toBe("accepted");
    // The sender's own signature is among those that were made, or the other way round.
    const [own = ""] = headers.at(-1)?.[1].match(/[A-Za-z0-9+/_-]{27,}=*$/) ?? [];
    if (!OTHER_TIME.includes(name))
      expect(sent.headers.map(([, value]) => value).join(" ")).toContain(own);
    expect(own.length).toBeGreaterThan(26);
  });

  it("names the digest of its content in its URL, where that is signed", () => {
    const scheme = schemeOf(
      {
        signatureHeader: "x-sign",
        template: "{url}",
        contentDigest: { query: "sum" },
        keyEncodings: ["text"],
      },
      "x",
    );
    const apiKey = "a key of thirty-two bytes, or more";
    const signer = new Signer({ appId: "x", apiKey, encoding: "text", scheme, clock });
    const content = Buffer.from("{}");
    const sum = createHash("sha256").update("{}").digest("hex");
    const sign = (url: string) => signer.sign({ method: "POST", url, content });
    expect(sign(`${ORIGIN}/?sum=${sum}`).canonicalRequest).toBe(`${ORIGIN}/?sum=${sum}`);
    for (const url of [ORIGIN, `${ORIGIN}/?sum=${sum.replace(/^./, "x")}`])
      expect(() => sign(url)).toThrow(ConfigurationError);
    expect(signer.sign({ method: "POST", url: ORIGIN }).canonicalRequest).toBe(`${ORIGIN}/`);
  });

  it("says in its path who signs", () => {
    const scheme = schemeOf(
      { appIdPath: "/hooks/:appId/x", signatureHeader: "x-sign", template: "{body}" },
      undefined as never,
    );
    const apiKey = "a key of thirty-two bytes, or more";
    const signer = new Signer({ appId: "me", apiKey, encoding: "text", scheme, clock });
    expect(signer.sign({ method: "POST", url: `${ORIGIN}/hooks/me/x` }).headers).toHaveLength(1);
    for (const path of ["/hooks/you/x", "/hooks/me", "/"])
      expect(() => signer.sign({ method: "POST", url: ORIGIN + path })).toThrow(ConfigurationError);
  });
});

/** Headers that signing sets. */
const SIGNED =
  /sign|time|-at$|-mac$|authorization|x-content-sha256|x-pusher-key|hmacsha256|x-trello|delivery/i;
/** Those that write the time with a fraction or an offset, which our signer does not. */
const OTHER_TIME: readonly string[] = ["twitch", "box"];
