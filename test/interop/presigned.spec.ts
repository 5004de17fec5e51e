import { describe, expect, it } from "@jest/globals";
import { SignatureV4 } from "@smithy/signature-v4";
import * as aws4 from "aws4";
import { forEachCase, type Random } from "./random.js";
import { randomRequest, writeQuery, type Shape } from "./requests.js";
import { Sha256 } from "./sha256.js";
import {
  CREDENTIALS,
  judge,
  REGION,
  SERVICES,
  URL_MODES,
  withOneByteChanged,
  type UrlMode,
  type WireRequest,
} from "./wire.js";

/** A presigned request, and when. */
interface Presigned {
  readonly wire: WireRequest;
  readonly signedAtMs: number;
  readonly expiresSeconds: number;
}

const SHAPE: Shape = {
  rawPathCharacters: "",
  pathSpellings: false,
  escapedSlash: false,
  repeatedQueryNames: false,
  emptyQueryNames: false,
};

const NONE = Buffer.alloc(0);
const life = (random: Random): number => 1 + random.below(604_800);
const compact = (ms: number): string => new Date(ms).toISOString().replace(/[:-]|\.\d{3}/g, "");

function byAws4(random: Random, urlMode: UrlMode): Presigned {
  const { path, query, headers, sessionToken, signedAtMs } = randomRequest(random, SHAPE);
  const expiresSeconds = life(random);
  const search = [
    ...(query.length === 0 ? [] : [writeQuery(query, random)]),
    `X-Amz-Date=${compact(signedAtMs)}`,
    `X-Amz-Expires=${expiresSeconds}`,
  ].join("&");
  const method = random.pick(["GET", "HEAD"]);
  const request = aws4.sign(
    {
      method,
      path: `${path}?${search}`,
      service: SERVICES[urlMode],
      region: REGION,
      signQuery: true,
      // Headers are signed as in the header form.
      headers: Object.fromEntries(headers.filter(([name]) => name !== "Content-Type")),
    },
    { ...CREDENTIALS, ...(sessionToken !== undefined && { sessionToken }) },
  );
  const lines = Object.entries(request.headers).map(
    ([name, value]) => [name, String(value)] as const,
  );
  const wire = { method, target: request.path, headers: random.shuffled(lines), content: NONE };
  return { wire, signedAtMs, expiresSeconds };
}

async function bySmithy(random: Random, urlMode: UrlMode): Promise<Presigned> {
  const { path, query, headers, sessionToken, signedAtMs } = randomRequest(random, SHAPE);
  const expiresSeconds = life(random);
  const method = random.pick(["GET", "HEAD"]);
  const signer = new SignatureV4({
    credentials: { ...CREDENTIALS, ...(sessionToken !== undefined && { sessionToken }) },
    region: REGION,
    service: SERVICES[urlMode],
    sha256: Sha256,
    uriEscapePath: urlMode === "plain",
  });
  const sent = headers.filter(([name]) => !name.toLowerCase().startsWith("x-amz-"));
  const request = await signer.presign(
    {
      method,
      protocol: "https:",
      hostname: "api.example.com",
      path,
      query: Object.fromEntries(query.map(([name, values]) => [name, values[0] ?? ""])),
      headers: {
        ...Object.fromEntries(sent),
        // As @aws-sdk/s3-request-presigner has it; it moves into the query.
        ...(urlMode === "s3" && { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" }),
      },
    },
    {
      signingDate: new Date(signedAtMs),
      expiresIn: expiresSeconds,
      // Where it is not told to, smithy leaves Content-Type out, and Accept-Language is nobody's concern.
      signableHeaders: new Set(sent.map(([name]) => name.toLowerCase())),
    },
  );
  const pairs = Object.entries(request.query ?? {}).map(
    ([name, value]) => [name, [String(value)]] as const,
  );
  const wire = {
    method,
    target: `${path}?${writeQuery(pairs, random)}`,
    headers: random.shuffled(sent),
    content: NONE,
  };
  return { wire, signedAtMs, expiresSeconds };
}

const SIGNERS = { aws4: byAws4, smithy: bySmithy };

describe.each(Object.keys(SIGNERS) as (keyof typeof SIGNERS)[])("URLs that %s presigned", (by) => {
  it.each(URL_MODES)(
    "%s: 300 of them are accepted while they live, and refused with one byte changed",
    async (urlMode) => {
      await forEachCase(300, async (random) => {
        const { wire, signedAtMs, expiresSeconds } = await SIGNERS[by](random, urlMode);
        const at = (seconds: number) => judge(wire, urlMode, signedAtMs + seconds * 1000);
        const alive = random.below(expiresSeconds + 5) - 5;
        expect({ refusal: (await at(alive))?.message, wire }).toEqual({ refusal: undefined, wire });
        expect((await at(expiresSeconds))?.code).toBe("timestamp-too-old");
        const { wire: changed, change } = withOneByteChanged(wire, random);
        const refusal = await judge(changed, urlMode, signedAtMs);
        expect({ accepted: refusal === undefined, change }).toEqual({ accepted: false, change });
      });
    },
  );
});
