// AWS's signing test suite of 2015: a folder for each case, with the request (.req), the canonical request (.creq),
// the string to sign (.sts), the Authorization header (.authz) and the signed request (.sreq).
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Setting } from "./sigv4.mjs";

const SETTING = new Setting({
  accessKeyId: "AKIDEXAMPLE",
  secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  amzDate: "20150830T123600Z",
  region: "us-east-1",
  service: "service",
  urlMode: "plain",
});

const FOLDED =
  "folded header lines, which HTTP no longer has (RFC 9112 §5.2), cannot be told to us";
const SECOND_SPELLING =
  "a path that SigV4 normalises is refused by design, since its signature opens others too";
const RAW_TARGET = "a target with raw bytes outside %x21-7E is refused by design";
const REPEATED = "a signed header on more than one line is refused by design";
const UNSIGNED = "an unsigned X-Amz- header is refused by design";

/** Signed requests that our verifier refuses, with which code, and why. */
const REFUSED = {
  "get-header-key-duplicate": ["header-repeated", REPEATED],
  "get-header-value-order": ["header-repeated", REPEATED],
  "get-relative": ["target-malformed", SECOND_SPELLING],
  "get-relative-relative": ["target-malformed", SECOND_SPELLING],
  "get-slash": ["target-malformed", SECOND_SPELLING],
  "get-slash-dot-slash": ["target-malformed", SECOND_SPELLING],
  "get-slash-pointless-dot": ["target-malformed", SECOND_SPELLING],
  "get-slashes": ["target-malformed", SECOND_SPELLING],
  "get-space": ["target-malformed", RAW_TARGET],
  "get-utf8": ["target-malformed", RAW_TARGET],
  "get-vanilla-utf8-query": ["target-malformed", RAW_TARGET],
  "post-sts-header-after": ["header-unsigned", UNSIGNED],
};

export async function classicSigV4(folder, tally) {
  for (const path of casesIn(folder)) {
    const name = basename(path);
    const file = (kind) =>
      readFileSync(join(path, `${name}.${kind}`), "utf8").replaceAll("\r\n", "\n");
    const authorization = file("authz");
    const signedHeaders = /SignedHeaders=([^,]*)/.exec(authorization)[1].split(";");

    // Each step starts from the suite's own outcome of the step before, so that one fault is counted once.
    const request = readRequest(file("req"));
    if (request === undefined) tally.exclude(`${name} (canonical request)`, FOLDED);
    else
      tally.equal(
        `${name}: canonical request`,
        SETTING.canonicalise(request, signedHeaders),
        file("creq"),
      );

    const signature = SETTING.signature(file("creq"));
    tally.equal(`${name}: string to sign`, signature, SETTING.signatureOfString(file("sts")));
    tally.equal(
      `${name}: Authorization`,
      SETTING.authorization(signedHeaders, signature),
      authorization,
    );

    const signed = readRequest(file("sreq"));
    if (signed === undefined) {
      tally.exclude(`${name} (signed request)`, FOLDED);
      continue;
    }
    const verdict = await SETTING.verdict(signed);
    const [refusal, reason] = REFUSED[name] ?? [];
    if (refusal !== undefined && verdict === refusal)
      tally.exclude(`${name} (signed request)`, reason);
    else tally.equal(`${name}: signed request`, verdict, refusal ?? "accepted");
  }
}

/** All folders that hold a case, at any depth. */
function casesIn(folder) {
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name))
    .flatMap((path) => (existsSync(join(path, `${basename(path)}.req`)) ? [path] : casesIn(path)))
    .sort();
}

/** Method, target, header lines and content; undefined for a request with folded lines. */
function readRequest(text) {
  const [head, ...rest] = text.split("\n\n");
  const [requestLine, ...lines] = head.split("\n");
  if (lines.some((line) => /^[ \t]/.test(line))) return undefined;
  const [, method, target] = /^(\S+) (.*) HTTP\/1\.1$/.exec(requestLine);
  const headers = lines.map((line) => [
    line.slice(0, line.indexOf(":")),
    line.slice(line.indexOf(":") + 1),
  ]);
  return { method, target, headers, content: Buffer.from(rest.join("\n\n")) };
}
