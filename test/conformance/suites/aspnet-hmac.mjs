// ASP.NET HmacAuthentication: no fixed vectors exist upstream; these come from an independent program.
import { readFileSync } from "node:fs";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { Bench } from "./bench.mjs";

/** Which of them must be refused, and why. */
const FORGED = {
  "forgery 1 forged: ?id=1 with timestamp 01700000000": "timestamp-malformed",
  "forgery 2 forged: body removed, hash moved into nonce": "nonce-malformed",
};

export async function aspnetSuite(path, tally) {
  for (const vector of JSON.parse(readFileSync(path, "utf8")).vectors) {
    const { name, url, method, body, signed, authorization } = vector;
    const scheme = aspnetHmac({
      dialect: vector.variant === "amx" ? "amx" : "hmac",
      mixedCaseTargets: true,
    });
    const { host, origin } = new URL(url);
    const bench = new Bench({
      scheme,
      app: {
        appId: vector.app_id,
        apiKey: vector.key,
        encoding: "base64",
        algorithm: vector.mac.replace("hmac-", ""),
        schemes: [scheme.name],
      },
      origin,
      nowSeconds: 1_700_000_000,
    });
    const request = {
      method,
      target: url.slice(origin.length),
      headers: [
        ["Host", host],
        ["Authorization", authorization],
      ],
      content: Buffer.from(body),
    };
    const verdict = await bench.verdict(request);
    tally.equal(`${name}: verdict`, verdict, FORGED[name] ?? "accepted");
    if (FORGED[name] === undefined)
      tally.equal(`${name}: string to sign`, bench.canonicalRequest, signed);
  }
}
