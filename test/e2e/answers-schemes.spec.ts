import { createHash } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "@jest/globals";
import { Controller, Get, Header, Post } from "@nestjs/common";
import { acquia2 } from "@lacre/schemes/acquia2";
import { hawk } from "@lacre/schemes/hawk";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { HmacProtected, HmacSignedResponse } from "@lacre/nestjs";
import { lacre1, Signer, type KeyEncoding, type Scheme } from "@lacre/core";
import { DEMO_KEY, PLATFORMS, startApp, type RunningApp } from "../support/app.js";

const ORIGIN = "https://app.example";
const OWN_DIGEST = "sha-256=:AAAA:";
const CONTENT = "plain";

interface Format {
  readonly scheme: Scheme;
  readonly encoding: KeyEncoding;
  readonly apiKey: string;
  /** The fields that a script of another origin must see. */
  readonly exposed: readonly string[];
  /** Whether the format writes a Content-Digest of its own. */
  readonly digests: boolean;
}
const TEXT_KEY = "a text of at least thirty-two bytes";
const BASE64_KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const FORMATS: Record<string, Format> = {
  lacre1: {
    scheme: lacre1,
    encoding: "lk1",
    apiKey: DEMO_KEY,
    exposed: ["Lacre-Signature", "Content-Digest", "Lacre-Clock"],
    digests: true,
  },
  hawk: {
    scheme: hawk(),
    encoding: "text",
    apiKey: TEXT_KEY,
    exposed: ["Server-Authorization"],
    digests: false,
  },
  acquia2: {
    scheme: acquia2({ realm: "orders" }),
    encoding: "base64",
    apiKey: BASE64_KEY,
    exposed: ["X-Server-Authorization-HMAC-SHA256"],
    digests: false,
  },
  rfc9421: {
    scheme: rfc9421(),
    encoding: "base64",
    apiKey: BASE64_KEY,
    exposed: ["Signature-Input", "Signature", "Content-Digest", "Lacre-Clock"],
    digests: true,
  },
};

@Controller("signed")
@HmacProtected()
@HmacSignedResponse({ headers: ["X-Total"] })
class SignedController {
  @Get()
  @Header("Content-Digest", OWN_DIGEST)
  get() {
    return CONTENT;
  }
  @Post()
  @Header("Location", "/signed/42")
  @Header("X-Total", "1")
  create() {
    return CONTENT;
  }
}

const SAFELISTED = [
  "cache-control",
  "content-language",
  "content-length",
  "content-type",
  "expires",
  "last-modified",
  "pragma",
];

const exposedBy = ({ headers }: Response) =>
  headers.get("access-control-expose-headers")?.split(",");

describe.each(PLATFORMS)("%s", (platform) => {
  describe.each(Object.entries(FORMATS))("answers under %s", (_name, format) => {
    const { scheme, encoding, apiKey, exposed, digests } = format;
    let server: RunningApp;
    let signer: Signer;
    beforeAll(async () => {
      server = await startApp(platform, {
        controllers: [SignedController],
        hmac: {
          schemes: [scheme],
          apps: [{ appId: "demo", apiKey, encoding, schemes: [scheme.name] }],
        },
        main: (app) => app.enableCors({ origin: ORIGIN }),
      });
      signer = new Signer({ appId: "demo", apiKey, encoding, scheme });
    });
    afterAll(() => server.close());

    const call = async () => {
      const url = `${server.url}/signed`;
      const signed = signer.sign({ method: "GET", url });
      const send = () =>
        fetch(url, { headers: [["Origin", ORIGIN], ...signed.headers] as [string, string][] });
      const answer = await send();
      const content = new Uint8Array(await answer.clone().arrayBuffer());
      const { status, headers } = answer;
      await signer.check(signed, { method: "GET", status, headers, content });
      return { answer, send };
    };

    it("show scripts of other origins what they are checked by, and hide nothing else's", async () => {
      const { answer, send } = await call();
      expect([answer.status, await answer.text()]).toEqual([200, CONTENT]);
      expect(exposedBy(answer)).toEqual(expect.arrayContaining([...exposed]));
      const again = await send(); // a signed refusal as well
      expect([again.status, again.headers.has(exposed[0] as string)]).toEqual([401, true]);
      expect(exposedBy(again)).toEqual(expect.arrayContaining([...exposed]));
    });

    it("show them each header that is signed", async () => {
      const url = `${server.url}/signed`;
      const signed = signer.sign({ method: "POST", url });
      const headers = [["Origin", ORIGIN], ...signed.headers] as [string, string][];
      const answer = await fetch(url, { method: "POST", headers });
      expect([answer.status, answer.headers.get("location")]).toEqual([201, "/signed/42"]);
      const names = answer.headers.get("access-control-expose-headers")?.toLowerCase().split(",");
      expect(names).toEqual(expect.arrayContaining(["location", "x-total"]));
      // What a script is given: what is exposed, and what every script may see (Fetch Standard).
      const visible = [...answer.headers].filter(
        ([name]) => names?.includes(name) === true || SAFELISTED.includes(name),
      );
      const content = new Uint8Array(await answer.arrayBuffer());
      await signer.check(signed, { method: "POST", status: 201, headers: visible, content });
    });

    it("keep the handler's Content-Digest where the format has none of its own", async () => {
      const { answer } = await call();
      const real = `sha-256=:${createHash("sha256").update(CONTENT).digest("base64")}:`;
      expect(answer.headers.get("content-digest")).toBe(digests ? real : OWN_DIGEST);
    });
  });
});
