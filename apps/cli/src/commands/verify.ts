import { Origins, type Clock, type Scheme } from "@lacre/core";
import type { CommandDescription } from "../command.js";
import {
  CREDENTIAL_OPTIONS,
  KEY_OPTION,
  readCredentials,
  type CredentialOptions,
  type ReadCredentials,
} from "../credentials.js";
import { EXIT, UsageError } from "../exit.js";
import { explanationToUser } from "../explanations.js";
import { explainAlone, givenBy } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import type { Layout } from "../explain/layout.js";
import { partOf, type PartialRequest } from "../explain/partial-request.js";
import { reasonJson, reasonText } from "../explain/report.js";
import { viewOfRequest } from "../explain/request-view.js";
import { shownBytes } from "../explain/shown-bytes.js";
import { readRawRequest } from "../http/raw-request.js";
import { Inputs } from "../inputs.js";
import { judge, type Judged } from "../judge.js";
import { readMaxAge, readMoment } from "../times.js";

interface VerifyOptions extends CredentialOptions {
  readonly file?: string;
  readonly origin?: readonly string[];
  readonly at?: string;
  readonly maxAge?: string;
  readonly presigned?: string;
  readonly json?: true;
}

export const verify: CommandDescription<VerifyOptions> = {
  options: [
    {
      flags: "--file <file>",
      summary: "the raw HTTP/1.1 request; the standard input unless said otherwise, or -",
    },
    {
      flags: "--origin <origin>",
      summary: "the server's public origin, https://…; any number",
      repeats: true,
    },
    { flags: "--at <seconds>", summary: "the time of the judgement in Unix seconds, or now" },
    {
      flags: "--max-age <seconds>",
      summary: "how old a request may be; what the scheme says, or 300, unless said otherwise",
    },
    {
      flags: "--presigned <seconds>",
      summary: "how long a presigned URL may live; 999999, the longest, unless said otherwise",
    },
    { flags: "--json", summary: "print JSON" },
    ...CREDENTIAL_OPTIONS.map((option) =>
      option.flags.startsWith("--key-file")
        ? { ...option, summary: `${option.summary}; twice for a key ring`, repeats: true }
        : option,
    ),
    KEY_OPTION,
  ],
  details: `Lines may end with CR LF or LF. The content is what follows the empty line, up to
Content-Length if that is less; a chunked body is decoded. Whether the nonce was used
before, and what a route asks for besides, is not known here. Why a signature does not
match is found by trying known mistakes until it does, as lacre explain does.

Exit codes: 0 accepted, 1 refused, 2 wrong use.

Example:
  lacre verify --file request.http --origin https://api.example.com --at 1700000000`,

  async run(io, { options }) {
    const origins = Origins.of(options.origin ?? originOf(options.baseUrl) ?? "*");
    const at = readMoment(options.at, io.clock);
    const clock: Clock = at === undefined ? io.clock : { nowMs: () => at * 1000 };
    const maxAgeSeconds = options.maxAge === undefined ? undefined : readMaxAge(options.maxAge);
    const presignedSeconds = readPresigned(options.presigned);
    const bytes = await new Inputs(io).readFilled(options.file ?? "-");
    const recorded = partOf(readRawRequest(bytes));
    const credentials = await readCredentials({ ...io, clock }, options, { recorded });

    const { verdict } = await judge(recorded, {
      apps: [credentials.app],
      schemes: [credentials.scheme],
      origins,
      clock,
      route: { presignedSeconds, ...(maxAgeSeconds !== undefined && { maxAgeSeconds }) },
    });
    if (origins.any)
      io.stderr.write(
        `lacre: note: any host is taken. Give --origin to judge as your server does.${signsOrigin(verdict, credentials.layout) ? ORIGIN_MADE_UP : ""}\n`,
      );
    if (credentials.taken.length > 0)
      io.stderr.write(
        `lacre: note: read from the request: ${credentials.taken.join(" ")}. Give what your server has, to judge as it does.\n`,
      );
    const reason =
      verdict.outcome === "accepted"
        ? undefined
        : reasonOf(recorded, credentials, {
            maxAgeSeconds,
            origins: options.origin ?? originOf(options.baseUrl) ?? [],
          });
    io.stdout.write(
      options.json
        ? `${JSON.stringify(explained(verdict, credentials.scheme, reason), null, 2)}\n`
        : report(verdict, credentials.scheme) + (reason === undefined ? "" : reasonText(reason)),
    );
    return verdict.outcome === "accepted" ? EXIT.done : EXIT.refused;
  },
};

function readPresigned(text = "999999"): number {
  if (!/^(?:0|[1-9]\d{0,5})$/.test(text))
    throw new UsageError("--presigned is no number of seconds. Write 0 to 999999.");
  return Number(text);
}

const ORIGIN_MADE_UP =
  " The URL is signed with its origin, which is made of the Host header and https here.";

/** Whether the text has an origin. */
const signsOrigin = ({ canonicalRequest }: Judged, layout: Layout): boolean =>
  canonicalRequest !== undefined &&
  [...(layout.read(canonicalRequest)?.others.values() ?? [])].some((values) =>
    /^https?:/.test(values?.[0] ?? ""),
  );

const originOf = (baseUrl: string | undefined): string[] | undefined =>
  baseUrl === undefined ? undefined : [new URL(baseUrl).origin];

/** What is known to make such a refusal, found by the recorded signature under the keys. */
function reasonOf(
  recorded: PartialRequest,
  { appId, scheme, layout, apiKeys, encoding }: ReadCredentials,
  judged: {
    maxAgeSeconds: number | undefined;
    origins: readonly string[];
  },
): Explanation {
  const keys = apiKeys.map((text) => ({ text, encoding }));
  // The verdict has looked at the time.
  const judge = { ...judged, scheme, appId, keys, judgedAtSeconds: undefined };
  return explainAlone(viewOfRequest("raw", recorded, { scheme, layout }), givenBy(judge));
}

function explained(verdict: Judged, scheme: Scheme, reason: Explanation | undefined): object {
  return verdict.outcome === "accepted"
    ? verdict
    : {
        ...verdict,
        explanation: explanationToUser(verdict.code, scheme),
        ...(reason !== undefined && reasonJson(reason)),
      };
}

function report(verdict: Judged, scheme: Scheme): string {
  return `${verdict.outcome === "accepted" ? acceptance(verdict) : refusal(verdict, scheme)}
${canonicalPart(verdict)}`;
}

function acceptance({ principal }: Judged & { outcome: "accepted" }): string {
  return `accepted
app ${principal.appId}, key ${principal.keyId}, signed at ${principal.timestamp}
signed headers: ${principal.signedHeaders.join(", ")}
`;
}

function refusal(
  { code, status, message, note }: Judged & { outcome: "refused" },
  scheme: Scheme,
): string {
  const detail = message === code ? "" : ` (${message.slice(`${code}: `.length)})`;
  return `refused: ${code}${detail}, answered with ${status}
${note === undefined ? "" : `Note: ${note}.\n`}${explanationToUser(code, scheme)}
`;
}

function canonicalPart({ canonicalRequest, canonicalSha256 }: Judged): string {
  if (canonicalRequest === undefined)
    return "The check did not come as far as the canonical request.\n";
  const lines = canonicalRequest.split("\n").map(shownBytes).join("\n");
  return `Canonical request as the server saw it, ${canonicalRequest.length} bytes, SHA-256 ${canonicalSha256}:

${lines}
`;
}
