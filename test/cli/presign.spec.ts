import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { lacre } from "./lacre.js";
import { vectors } from "./vectors.js";

const env = { LACRE_APP_ID: "demo", LACRE_API_KEY: vectors.apps[0]?.keys[0]?.apiKey };
const presign = (args: string[]) => lacre(["presign", ...args], { env, nowSeconds: 1700000000 });

/** docs/protocol.md section 12, the example. */
const EXAMPLE =
  "https://api.example.test/v1/report?id=7&Lacre-Algorithm=LACRE1-HMAC-SHA256-PRESIGNED&Lacre-Credential=demo&Lacre-Timestamp=1700000000&Lacre-Expires=600&Lacre-SignedHeaders=host&Lacre-Signature=2c2dc06faabe26b4840ba08b1b79bc10e0f7d68ed2431d04ee58909369b11a94";

describe("lacre presign", () => {
  it("prints the URL of the specification", async () => {
    const { code, out, err } = await presign([
      "https://api.example.test/v1/report?id=7",
      "--expires",
      "600",
    ]);
    expect({ code, out, err }).toEqual({ code: 0, out: `${EXAMPLE}\n`, err: "" });
  });

  it("prints what was signed, which lacre verify accepts", async () => {
    const { out } = await presign(["https://api.example.test/f", "--once", "--json"]);
    const { url, canonicalRequest } = JSON.parse(out) as Record<string, string>;
    const mac = createHmac("sha256", Buffer.from([...Array(32).keys()]))
      .update(canonicalRequest ?? "")
      .digest("hex");
    expect(url?.endsWith(`&Lacre-Signature=${mac}`)).toBe(true);
    expect(url).toMatch(/&Lacre-Expires=300&Lacre-Nonce=[\w-]{16,}&/);
    const { pathname, search } = new URL(url ?? "");
    const raw = `GET ${pathname}${search} HTTP/1.1\r\nHost: api.example.test\r\n\r\n`;
    const verify = (more: string[], at: number) =>
      lacre(["verify", "--origin", "https://api.example.test", "--at", String(at), ...more], {
        env,
        stdin: Buffer.from(raw),
      });
    expect((await verify([], 1700000299)).out).toMatch(/^accepted/);
    expect((await verify([], 1700000300)).out).toMatch(/^refused: timestamp-too-old/);
    expect((await verify(["--presigned", "299"], 1700000001)).out).toMatch(/scheme-refused/);
  });

  it.each([
    [["https://a.test/x", "--expires", "0"], /--expires is no number/],
    [["https://a.test/x", "--expires", "1000000"], /--expires is no number/],
    [["https://a.test/x?lacre-nonce=1"], /credentials-repeated/],
    [["https://a.test/x?%4Cacre-nonce=1"], /credentials-repeated/],
    [["https://a.test/x", "-H", "X-A: é"], /header-malformed/],
    [["https://a.test/x", "-H", "Authorization: Basic eA=="], /credentials-repeated/],
    [["https://a.test/x", "--method", "POST"], /POST/],
  ])("refuses %j", async (args, reason) => {
    const { code, out, err } = await presign(args);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(reason);
  });
});
