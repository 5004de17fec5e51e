import { describe, expect, it, jest } from "@jest/globals";
import { ResponseRefusal } from "@lacre/core/portable";
import { Exchange, mayRunTwice, type Answer } from "./exchange.js";
import { KeyRing } from "./key-ring.js";
import { readClientOptions, type ClientOptions } from "./options.js";
import type { RequestSigner } from "./request-signer.js";

const NOW_S = 1_700_000_000;
const request = { method: "POST", url: "https://api.example.test/orders" };
const options = {
  appId: "demo",
  apiKey: "not used here",
  clock: { nowMs: () => NOW_S * 1000 },
} as const;

/** A signer whose answers are proven, or not, as the test says. */
function signer(check: RequestSigner["check"]): RequestSigner & { readonly times: number[] } {
  const times: number[] = [];
  return {
    times,
    responseField: "lacre-signature",
    sign: (_request, atMs) => {
      times.push(atMs);
      return { headers: [], canonicalRequest: "", head: {} as never, claims: {} as never };
    },
    check,
  };
}
const proven =
  (timestampSeconds: number | undefined, signedHeaders = ["lacre-clock"]) =>
  async () => ({ timestampSeconds, signedHeaders, mac: "" });
const answer = (status: number, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers: Object.entries(headers),
  content: () => new Uint8Array(),
});
const SIGNED = { "Lacre-Signature": "x" };
const OUT_OF_WINDOW = { ...SIGNED, "Lacre-Clock": "out-of-window" };
const SIGNED_401 = answer(401, OUT_OF_WINDOW);

const exchangeBy = (given: ClientOptions, by: RequestSigner): Exchange =>
  new Exchange(
    readClientOptions(given, "signFetch").settings,
    new KeyRing(["not used here"], () => by),
  );

describe("Exchange", () => {
  it("signs by the server's time once a proven refusal has told it", async () => {
    const by = signer(proven(NOW_S + 600));
    const exchange = exchangeBy(options, by);
    expect(await (await exchange.attempt(request)).judge(SIGNED_401)).toBe("repeat");
    await exchange.attempt(request);
    expect(by.times).toEqual([NOW_S * 1000, (NOW_S + 600) * 1000]);
  });

  it.each<[string, Answer, RequestSigner["check"]?]>([
    ["that is no refusal", answer(200, OUT_OF_WINDOW)],
    ["that is no 401", answer(503, OUT_OF_WINDOW)],
    ["that does not blame the clock", answer(401, { ...SIGNED, "WWW-Authenticate": "LACRE1" })],
    ["that is not signed", answer(401, { "Lacre-Clock": "out-of-window" })],
    ["that does not sign the field", SIGNED_401, proven(NOW_S + 600, ["content-type"])],
    ["that tells no time", SIGNED_401, proven(undefined)],
    ...["", "x", "Out-Of-Window", "out-of-window, out-of-window", "in-window"].map(
      (value): [string, Answer] => [
        `that says ${JSON.stringify(value)}`,
        answer(401, { ...SIGNED, "Lacre-Clock": value }),
      ],
    ),
  ])("takes no time from an answer %s", async (_what, given, check = proven(NOW_S + 600)) => {
    const by = signer(check);
    const exchange = exchangeBy(options, by);
    expect(await (await exchange.attempt(request)).judge(given)).toBe("accept");
    await exchange.attempt(request);
    expect(by.times).toEqual([NOW_S * 1000, NOW_S * 1000]);
  });

  it("takes no time from an answer that came late", async () => {
    const exchange = exchangeBy(options, signer(proven(NOW_S + 600)));
    const attempt = await exchange.attempt(request);
    const late = performance.now() + 10_001;
    const now = jest.spyOn(performance, "now").mockReturnValue(late);
    expect(await attempt.judge(SIGNED_401)).toBe("accept");
    now.mockRestore();
  });

  it.each([
    ["if-present", 401, "accept"],
    ["if-present", 503, "accept"],
    ["if-present", 200, "throws"],
    ["if-present", 403, "throws"],
    ["require", 401, "throws"],
    ["require", 503, "throws"],
  ] as const)(
    "a signature of another key's: %s, %i, %s",
    async (verifyResponses, status, outcome) => {
      const foreign = async (): Promise<never> => {
        throw new ResponseRefusal("signature-mismatch");
      };
      const exchange = exchangeBy({ ...options, verifyResponses }, signer(foreign));
      const judged = (await exchange.attempt(request)).judge(answer(status, OUT_OF_WINDOW));
      expect(await judged.catch(() => "throws")).toBe(outcome);
    },
  );

  it("reads no content where nothing is to be checked", async () => {
    const content = jest.fn(() => new Uint8Array());
    const reading: RequestSigner["check"] = async (_signed, response) => {
      if (typeof response.content === "function") await response.content();
      return proven(NOW_S)();
    };
    const exchange = exchangeBy(options, signer(reading));
    const attempt = await exchange.attempt(request);
    expect(await attempt.judge({ ...answer(200), content })).toBe("accept");
    expect(content).not.toHaveBeenCalled();
    await attempt.judge({ ...answer(200, SIGNED), content });
    expect(content).toHaveBeenCalledTimes(1);
  });

  it("reads no content that says it is longer than it may be, or turns out to be", async () => {
    const reading: RequestSigner["check"] = async (_signed, response) => {
      if (typeof response.content === "function") await response.content();
      return proven(NOW_S)();
    };
    const exchange = exchangeBy({ ...options, maxAnswerBytes: 10 }, signer(reading));
    const judge = async (headers: Record<string, string>, byteLength: number) => {
      const content = jest.fn((_limit: number, _declared?: number) => new Uint8Array(byteLength));
      const attempt = await exchange.attempt(request);
      const judged = attempt.judge({ ...answer(200, { ...SIGNED, ...headers }), content });
      return [await judged.catch((error: ResponseRefusal) => error.fault), content.mock.calls];
    };
    expect(await judge({ "Content-Length": "10" }, 10)).toEqual(["accept", [[10, 10]]]);
    expect(await judge({ "Content-Length": "11" }, 11)).toEqual(["content-too-large", []]);
    expect(await judge({}, 11)).toEqual(["content-too-large", [[10, undefined]]]);
  });

  it.each([
    [{ verifyResponses: "always" }, /verifyResponses/],
    [{ retries: -1 }, /retries/],
    [{ retries: 1.5 }, /retries/],
    [{ redirects: 21 }, /redirects/],
    [{ retires: 1 }, /^retires: is not an option of signFetch\. Did you mean retries\?/],
    [{ appId: undefined }, /^appId: is missing/],
    [{ apiKey: undefined }, /^apiKey: is missing/],
    [{ keys: ["a"] }, /^keys: must not stand beside apiKey/],
    [{ clock: {} }, /^clock: /],
    [{ timeout: 1 }, /^timeout: is not an option of signFetch\./],
  ])("refuses the options %j", (wrong, where) => {
    expect(() => exchangeBy({ ...options, ...wrong } as never, signer(proven(NOW_S)))).toThrow(
      where,
    );
  });
});

describe("mayRunTwice", () => {
  it.each([
    ["GET", [], true],
    ["HEAD", [], true],
    ["OPTIONS", [], true],
    ["PUT", [], true],
    ["DELETE", [], true],
    ["POST", [], false],
    ["PATCH", [], false],
    ["POST", [["Idempotency-Key", "1"]], true],
    ["PATCH", [["IDEMPOTENCY-KEY", "1"]], true],
  ] as const)("%s with %j: %s", (method, headers, expected) => {
    expect(mayRunTwice({ method, url: "https://a.test", headers })).toBe(expected);
  });
});
