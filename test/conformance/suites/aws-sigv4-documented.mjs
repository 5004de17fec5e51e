// The examples that AWS's documentation prints: canonical request and signature of each.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { Setting } from "./sigv4.mjs";

/** How the documentation writes these targets; elsewhere they stand as in the canonical request. */
const TARGETS = { "/test%24file.text": "/test$file.text", "/?lifecycle=": "/?lifecycle" };
const CONTENTS = ["", "Welcome to Amazon S3."];

export async function documentedSigV4(path, tally) {
  for (const vector of JSON.parse(readFileSync(path, "utf8")).vectors) {
    const { name, canonical_request: canonicalRequest } = vector;
    const [, region, service] = vector.scope.split("/");
    const setting = new Setting({
      accessKeyId: vector.access_key_id,
      secret: vector.secret_access_key,
      amzDate: vector.amz_date,
      region,
      service,
      urlMode: service === "s3" ? "s3" : "plain",
    });
    tally.equal(`${name}: signature`, setting.signature(canonicalRequest), vector.signature);
    if (canonicalRequest.includes("X-Amz-Algorithm=")) {
      const request = presignedRequestOf(canonicalRequest, vector.signature);
      tally.equal(
        `${name}: canonical request`,
        setting.canonicaliseWithCredentials(request),
        canonicalRequest,
      );
      tally.equal(`${name}: signed request`, await setting.verdict(request), "accepted");
      continue;
    }
    const { request, signedHeaders } = requestOf(canonicalRequest);
    tally.equal(
      `${name}: canonical request`,
      setting.canonicalise(request, signedHeaders),
      canonicalRequest,
    );
    const authorization = ["Authorization", setting.authorization(signedHeaders, vector.signature)];
    const signed = { ...request, headers: [...request.headers, authorization] };
    tally.equal(`${name}: signed request`, await setting.verdict(signed), "accepted");
  }
}

/** The request that the documentation shows beside a canonical request. */
function requestOf(canonicalRequest) {
  const [method, path, query, ...rest] = canonicalRequest.split("\n");
  const [digest, signedHeaders] = [rest.at(-1), rest.at(-2)];
  const headers = rest
    .slice(0, -3)
    .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]);
  const target = query === "" ? path : `${path}?${query}`;
  const content = CONTENTS.find(
    (text) => createHash("sha256").update(text).digest("hex") === digest,
  );
  const request = {
    method,
    target: TARGETS[target] ?? target,
    headers,
    content: Buffer.from(content),
  };
  return { request, signedHeaders: signedHeaders.split(";") };
}

/** The presigned URL whose signature covers a canonical request, as a request. */
function presignedRequestOf(canonicalRequest, signature) {
  const [method, path, query, host] = canonicalRequest.split("\n");
  const target = `${path}?${query}&X-Amz-Signature=${signature}`;
  return { method, target, headers: [["host", host.slice("host:".length)]], content: Buffer.of() };
}
