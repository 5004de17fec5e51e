import { describe, expect, it } from "@jest/globals";
import { cpuMsOf } from "../support/cpu-ms.js";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { HeaderLines, Refusal, Signer, type Scheme } from "@lacre/core";
import fc from "fast-check";
import { AWS_KEY } from "../support/app.js";
import { Judge, type Arriving } from "../support/judge.js";

/*
 * Random damage to requests of Azure's formats and to presigned URLs of SigV4. A failure prints the seed and the
 * smallest counterexample.
 */

const NOW = 1_700_000_000;
const HOST = "api.example.test";
const clock = { nowMs: () => NOW * 1000 };
const KEY_64 = Buffer.from([...Array(64).keys()]).toString("base64");

interface Subject {
  readonly scheme: Scheme;
  readonly apiKey: string;
  readonly encoding: "base64" | "text";
}
const SUBJECTS: Record<string, Subject> = {
  "azure-hmac": { scheme: azureHmac(), apiKey: KEY_64, encoding: "base64" },
  "azure-shared-key": { scheme: azureSharedKey(), apiKey: KEY_64, encoding: "base64" },
  "azure-shared-key, lite": {
    scheme: azureSharedKey({ lite: true }),
    apiKey: KEY_64,
    encoding: "base64",
  },
  "azure-shared-key, table": {
    scheme: azureSharedKey({ service: "table" }),
    apiKey: KEY_64,
    encoding: "base64",
  },
  "aws-sigv4": {
    scheme: awsSigV4({ region: "eu-central-1", service: "s" }),
    apiKey: AWS_KEY,
    encoding: "text",
  },
};

const judgeOf = ({ scheme, apiKey, encoding }: Subject): Judge =>
  new Judge({
    scheme,
    apps: [{ appId: "demo", apiKey, encoding, schemes: [scheme.name] }],
    origins: [`https://${HOST}`],
    nowSeconds: NOW,
    route: { presignedSeconds: 600 },
  });

/** Requests of our signer; the forms that leave the query open are given none. */
function genuine(name: string, subject: Subject): Arriving[] {
  const { scheme, apiKey, encoding } = subject;
  const signer = new Signer({ appId: "demo", apiKey, encoding, scheme, clock });
  const query = name.includes(",") ? "" : "?prefix=a%2Fb&timeout=20";
  const url = `https://${HOST}/photos/a%20b`;
  const signed = (method: string, content: string): Arriving => {
    const type: [string, string][] = content === "" ? [] : [["Content-Type", "text/plain"]];
    const length: [string, string][] =
      content === "" ? [] : [["Content-Length", String(content.length)]];
    const more: [string, string][] = name === "azure-shared-key" ? [["x-ms-meta-a", "b c"]] : [];
    const own = [...type, ...more];
    const { headers } = signer.sign({
      method,
      url: url + query,
      headers: own,
      content: Buffer.from(content),
    });
    const lines = [["Host", HOST], ...own, ...length, ...headers] as [string, string][];
    return { method, target: `/photos/a%20b${query}`, headers: lines, content };
  };
  if (scheme.presigned === undefined) return [signed("GET", ""), signed("PUT", "Hello!")];
  const link = signer.presign({ url: url + query, expiresSeconds: 600 }).url;
  const target = link.slice(`https://${HOST}`.length);
  return [{ method: "GET", target, headers: [["Host", HOST]], content: "" }];
}

const byte = fc.integer({ min: 0, max: 255 }).map((code) => String.fromCharCode(code));
const replaced = (text: string, at: number, by: string): string =>
  text.slice(0, at % text.length) + by + text.slice((at % text.length) + 1);

describe.each(Object.keys(SUBJECTS))("a changed byte: %s", (name) => {
  const subject = SUBJECTS[name] as Subject;

  it.each(genuine(name, subject).map((request) => [request.method, request] as const))(
    "%s is refused, or means the same",
    async (_method, request) => {
      expect(await judgeOf(subject).verdict(request)).toBe("accepted");
      const probe = judgeOf(subject);
      await probe.verdict(request);
      const covered = [...(probe.authentic?.claims.signedHeaders ?? []), "authorization"];
      const lines = request.headers.flatMap(([each], i) =>
        covered.includes(each.toLowerCase()) && each !== "Host" ? [i] : [],
      );
      const places = ["method", "target", "content", ...lines.flatMap((i) => [`n${i}`, `v${i}`])];
      await fc.assert(
        fc.asyncProperty(
          fc.constantFrom(...places),
          fc.nat(),
          byte,
          async (place, at, character) => {
            const line = Number(place.slice(1));
            const changed: Arriving = ((): Arriving => {
              if (place === "method")
                return { ...request, method: replaced(request.method, at, character) };
              if (place === "target")
                return { ...request, target: replaced(request.target, at, character) };
              if (place === "content")
                return { ...request, content: replaced(String(request.content), at, character) };
              const headers = request.headers.map(([n, v], i): [string, string] =>
                i !== line
                  ? [n, v]
                  : place.startsWith("n")
                    ? [replaced(n, at, character), v]
                    : [n, replaced(v, at, character)],
              );
              return { ...request, headers };
            })();
            fc.pre(meaning(changed) !== meaning(request));
            expect(await judgeOf(subject).verdict(changed)).not.toBe("accepted");
          },
        ),
        { numRuns: 600 },
      );
    },
  );
});

/** RFC 9110: names of fields have no case, blanks round a value are no part of it. */
const meaning = ({ method, target, headers, content }: Arriving): string =>
  JSON.stringify([
    ...[method, target, content],
    headers.map(([name, value]) => [name.toLowerCase(), value.replace(/^[ \t]+|[ \t]+$/g, "")]),
  ]);

const WORDS = [
  ...["HMAC-SHA256 ", "Credential=demo", "&", ", ", "SignedHeaders=", "Signature=", ";", "=", ":"],
  ...["x-ms-date", "host", "x-ms-content-sha256", "__proto__", "SharedKey ", "SharedKeyLite "],
  ...["A".repeat(43), "Tue, 14 Nov 2023 22:13:20 GMT", "?", "comp", "%0A", "%zz", "+", "%C3%A9"],
  ...["X-Amz-Algorithm=AWS4-HMAC-SHA256", "X-Amz-Credential=demo%2F", "X-Amz-Signature="],
  ...["X-Amz-Date=20231114T221320Z", "X-Amz-Expires=600", "X-Amz-SignedHeaders=host"],
];
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.array(fc.oneof(fc.constantFrom(...WORDS), byte), { maxLength: 60 }).map((all) => all.join("")),
  fc
    .tuple(fc.constantFrom(...WORDS, " ", "-"), fc.integer({ min: 1, max: 20_000 }))
    .map(([word, count]) => word.repeat(count)),
);

describe.each(Object.keys(SUBJECTS))("arbitrary text: %s", (name) => {
  const { scheme } = SUBJECTS[name] as Subject;

  it("ends in a value or a refusal, and soon", () => {
    fc.assert(
      fc.property(text, text, text, fc.boolean(), (authorization, value, target, isWhole) => {
        const headers = HeaderLines.fromEntries([
          ["host", HOST],
          ["authorization", isWhole ? authorization : `${scheme.challenges[0]} ${authorization}`],
          ["x-ms-date", isWhole ? value : "Tue, 14 Nov 2023 22:13:20 GMT"],
          ["x-ms-content-sha256", value],
          ["content-md5", value],
          [`x-ms-${value}`, value],
        ]);
        const request = {
          ...{ method: "GET", target: `/?${target}`, host: HOST, authority: HOST, headers },
          urlScheme: "https" as const,
        };
        const tookMs = cpuMsOf(() => {
          try {
            for (const form of [scheme.header, scheme.presigned]) {
              form?.contentUse(request);
              if (form?.recognises(request) === true) form.read(request).text("");
            }
          } catch (error) {
            if (!(error instanceof Refusal)) throw error;
          }
        });
        expect(tookMs).toBeLessThan(250);
      }),
      { numRuns: 600 },
    );
  });
});
