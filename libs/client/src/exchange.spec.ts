import { describe, expect, it, jest } from "@jest/globals";
import { ResponseRefusal } from "@lacre/core/portable";
import { Exchange, mayRunTwice, type Answer } from "./exchange.js";
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
const proven = (timestampSeconds: number) => async () => ({
  timestampSeconds,
  signedHeaders: [],
  mac: "",
});
const answer = (status: number, ...names: string[]): Answer => ({
  status,
  headers: names.map((name) => [name, "x"] as const),
  content: () => new Uint8Array(),
});
const SIGNED_401 = answer(401, "Lacre-Signature", "WWW-Authenticate");

describe("Exchange", () => {
  it("signs by the server's time once a proven refusal has told it", async () => {
    const by = signer(proven(NOW_S + 600));
    const exchange = new Exchange(options, by);
    expect(await (await exchange.attempt(request)).judge(SIGNED_401)).toBe("repeat");
    await exchange.attempt(request);
    expect(by.times).toEqual([NOW_S * 1000, (NOW_S + 600) * 1000]);
  });

  it.each<[string, Answer]>([
    ["that is no refusal", answer(200, "Lacre-Signature", "WWW-Authenticate")],
    ["that a handler made, which has run", answer(401, "Lacre-Signature")],
    ["that is not signed", answer(401, "WWW-Authenticate")],
  ])("takes no time from an answer %s", async (_what, given) => {
    const exchange = new Exchange(options, signer(proven(NOW_S + 600)));
    expect(await (await exchange.attempt(request)).judge(given)).toBe("accept");
  });

  it("takes no time from an answer that came late", async () => {
    const exchange = new Exchange(options, signer(proven(NOW_S + 600)));
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
      const exchange = new Exchange({ ...options, verifyResponses }, signer(foreign));
      const judged = (await exchange.attempt(request)).judge(
        answer(status, "Lacre-Signature", "WWW-Authenticate"),
      );
      expect(await judged.catch(() => "throws")).toBe(outcome);
    },
  );

  it("reads no content where nothing is to be checked", async () => {
    const content = jest.fn(() => new Uint8Array());
    const exchange = new Exchange(options, signer(proven(NOW_S)));
    const attempt = await exchange.attempt(request);
    expect(await attempt.judge({ ...answer(200), content })).toBe("accept");
    expect(content).not.toHaveBeenCalled();
    await attempt.judge({ ...answer(200, "Lacre-Signature"), content });
    expect(content).toHaveBeenCalledTimes(1);
  });

  it.each([
    [{ verifyResponses: "always" }, /verifyResponses/],
    [{ retries: -1 }, /retries/],
    [{ retries: 1.5 }, /retries/],
    [{ redirects: 21 }, /redirects/],
  ])("refuses the options %j", (wrong, where) => {
    expect(() => new Exchange({ ...options, ...wrong } as never, signer(proven(NOW_S)))).toThrow(
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
