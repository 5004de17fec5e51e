import { describe, expect, it } from "@jest/globals";
import { ConfigurationError, lacre1, readApiKey, readApps, Refusal, Signer } from "@lacre/core";
import { keys, rings, senders, type SenderVector } from "../support/sender-vectors.js";

function sign(it: SenderVector): { canonicalRequest: string; mac: string; authorization: string } {
  const { appId, apiKey, algorithm, method, url, target, headers, timestamp, nonce } = it;
  const signer = new Signer({ appId, apiKey, algorithm, signedHeaders: it.named });
  const content = Buffer.from(it.content, "base64");
  const { canonicalRequest, claims, ...signed } = signer.sign(
    { method, url, target, headers, content },
    timestamp * 1000,
    { id: nonce },
  );
  const authorization = new Map(signed.headers).get("authorization") ?? "";
  return { canonicalRequest, mac: claims.mac, authorization };
}

/** The options of a Signer, by the codes of what is wrong with them. */
const OPTIONS = {
  "app-id-malformed": "appId",
  "key-malformed": "apiKey",
  "header-forbidden": "signedHeaders",
};

function refusalOf(it: SenderVector): unknown {
  try {
    sign(it);
    return null;
  } catch (error) {
    if (error instanceof Refusal) return error.code;
    if (!(error instanceof ConfigurationError)) return error;
    return Object.entries(OPTIONS).find(([, option]) => error.option === option)?.[0] ?? error;
  }
}

describe("docs/vectors/lacre1.json: senders", () => {
  it("has enough of them to mean something", () => {
    expect(senders.filter(({ refusal }) => refusal === null).length).toBeGreaterThanOrEqual(50);
    expect(senders.filter(({ refusal }) => refusal !== null).length).toBeGreaterThanOrEqual(50);
  });

  it.each(senders.map((sender) => [sender.name, sender] as const))("%s", (_name, sender) => {
    const { refusal, canonicalRequest, mac, authorization, list } = sender;
    expect(refusalOf(sender)).toBe(refusal);
    if (refusal !== null) return;
    expect(sign(sender)).toEqual({ canonicalRequest, mac, authorization });
    expect(canonicalRequest?.split("\n").at(-1)).toBe(list);
  });
});

describe("docs/vectors/lacre1.json: keys", () => {
  it.each(keys)("$name", ({ text, bytes }) => {
    const read = (): string => readApiKey(text).mac("sha256", "text", "hex");
    if (bytes === null) return expect(read).toThrow(RangeError);
    const same = readApiKey(bytes, "hex");
    expect(read()).toBe(same.mac("sha256", "text", "hex"));
  });

  const dated = (seconds: number | undefined): Date | undefined =>
    seconds === undefined ? undefined : new Date(seconds * 1000);

  it.each(rings)("a ring: $name", ({ valid, keys: ring }) => {
    const register = (): unknown =>
      readApps(
        [
          {
            appId: "demo",
            keys: ring.map((key) => ({
              ...key,
              notBefore: dated(key.notBefore),
              expiresAt: dated(key.expiresAt),
            })),
          },
        ],
        [lacre1],
      );
    if (valid) expect(register).not.toThrow();
    else expect(register).toThrow(ConfigurationError);
  });
});
