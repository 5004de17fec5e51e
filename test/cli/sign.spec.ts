import { createHmac } from "node:crypto";
import { describe, expect, it } from "@jest/globals";
import { lacre } from "./lacre.js";
import { vectors, type Vector } from "./vectors.js";

const NOT_GIVEN = ["authorization", "host", "content-digest"];

const originOf = ({ request, origins }: Vector): string | undefined => {
  const host = request.headers.find(([name]) => name.toLowerCase() === "host")?.[1];
  return origins.find((origin) => origin.endsWith(`//${host}`));
};

/** HMAC with the bytes that an `lk1_` text stands for: docs/protocol.md, section 8. */
function macOf(text: string): string {
  const [algorithm = "", appId] = text.split("\n");
  const hash = algorithm.slice(-6).toLowerCase();
  const keys = vectors.apps.find((app) => app.appId === appId)?.keys ?? [];
  const key = keys.find(
    (candidate) => candidate.algorithm === hash && candidate.state === "active",
  );
  return createHmac(hash, Buffer.from(key?.apiKey.slice(4) ?? "", "base64url"))
    .update(text)
    .digest("hex");
}

/** What the request of a case is signed with on the command line. */
async function signAgain(vector: Vector, text: string) {
  const [algorithm = "", appId = "", timestamp] = text.split("\n");
  const headers = vector.request.headers.filter(
    ([name]) => !NOT_GIVEN.includes(name.toLowerCase()),
  );
  const keys = vectors.apps.find((app) => app.appId === appId)?.keys ?? [];
  const hash = algorithm.slice(-6).toLowerCase();
  const apiKey = keys.find((key) => key.algorithm === hash && key.state === "active")?.apiKey;
  const { method, target, bodyBase64 } = vector.request;
  return lacre(
    [
      "sign",
      method,
      `${originOf(vector)}${target}`,
      "--json",
      "--data-file",
      "-",
      "--algorithm",
      hash,

      ...headers.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    ],
    {
      stdin: Buffer.from(bodyBase64, "base64"),
      env: { LACRE_APP_ID: appId, LACRE_API_KEY: apiKey },
      nowSeconds: Number(timestamp),
    },
  );
}

// A sender of its own mind: another digest, or a name that is left unsigned where this signer refuses it.
const OTHER_CHOICES = [
  "digest-of-nothing",
  "digest-sha512",
  "digest-sha512-of-nothing",
  "header-unsigned-anything",
];

const CASES = vectors.cases.flatMap((vector) => {
  const { name, canonicalRequest: text, mac, valid, authorization } = vector;
  const chosenSo =
    valid &&
    authorization !== null &&
    !OTHER_CHOICES.includes(name) &&
    originOf(vector) !== undefined;
  // The MAC is that of the first live key, or the case is about another one.
  return chosenSo && text !== null && macOf(text) === mac ? [{ name, vector, text }] : [];
});

describe("lacre sign, by docs/vectors/lacre1.json", () => {
  it("has enough cases to mean something", () => {
    expect(CASES.length).toBeGreaterThanOrEqual(40);
  });

  it.each(CASES)("$name", async ({ vector, text }) => {
    const { code, out, err } = await signAgain(vector, text);
    expect({ code, err: err.replace(/^lacre: note.*\n/, "") }).toEqual({ code: 0, err: "" });
    const { headers, canonicalRequest } = JSON.parse(out) as {
      headers: Record<string, string>;
      canonicalRequest: string;
    };

    // Every signature has a nonce of its own; all else is the vector's.
    const nonce = /Nonce=([\w-]{16,128})/.exec(headers["authorization"] ?? "")?.[1] ?? "";
    const expected = text.split("\n").with(3, nonce).join("\n");
    expect(canonicalRequest).toBe(expected);
    expect(/Signature=(\w+)/.exec(headers["authorization"] ?? "")?.[1]).toBe(macOf(expected));
  });
});
