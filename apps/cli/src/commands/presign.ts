import { Refusal, Signer, type Scheme } from "@lacre/core";
import type { CommandDescription } from "../command.js";
import {
  CREDENTIAL_OPTIONS,
  KEY_OPTION,
  readCredentials,
  type CredentialOptions,
} from "../credentials.js";
import { EXIT, UsageError } from "../exit.js";
import { explanationOf } from "../explanations.js";
import { readHeaderLine } from "../http/header-line.js";
import { readWrittenUrl, seenFrom } from "../http/written-url.js";

interface PresignOptions extends CredentialOptions {
  readonly header?: readonly string[];
  readonly expires?: string;
  readonly method?: "GET" | "HEAD";
  readonly once?: true;
  readonly showCanonical?: true;
  readonly json?: true;
}

export const presign: CommandDescription<PresignOptions> = {
  args: "<URL>",
  options: [
    {
      flags: "--expires <seconds>",
      summary: "how long it is good, 1 to 999999; 300 unless said otherwise",
    },
    { flags: "--once", summary: "good for one use; whatever looks at links can use it up" },
    {
      flags: "--method <name>",
      summary: "GET unless said otherwise; a URL is good for one method",
      choices: ["GET", "HEAD"],
    },
    {
      flags: "-H, --header <line>",
      summary: "a header that whoever uses it must send, 'Name: value'; any number",
      repeats: true,
    },
    { flags: "--show-canonical", summary: "print the text that was signed on the standard error" },
    { flags: "--json", summary: "print JSON: url and canonicalRequest" },
    ...CREDENTIAL_OPTIONS,
    KEY_OPTION,
  ],
  details: `Whoever has the URL can use it until it expires: hand it out like a password. The server
takes it only on routes that say so: @HmacProtected({ presigned: 3600 }).

Example:
  lacre presign 'https://api.example.com/v1/report?id=7' --expires 600`,

  async run(io, { args, options }) {
    const [text = ""] = args;
    const url = readWrittenUrl(seenFrom(options.baseUrl, text));
    const expiresSeconds = readExpires(options.expires);
    const { appId, apiKeys, encoding, algorithm, scheme } = await readCredentials(io, options);
    const signer = new Signer({
      appId,
      apiKey: apiKeys[0],
      encoding,
      algorithm,
      scheme,
      clock: io.clock,
    });
    const origin = `${url.scheme}://${url.host}`;
    const signed = described(scheme, () =>
      signer.presign({
        url: origin,
        target: url.target,
        headers: (options.header ?? [])
          .map(readHeaderLine)
          .map(({ name, value }) => [name, value] as const),
        method: options.method ?? "GET",
        expiresSeconds,
        singleUse: options.once === true,
      }),
    );
    if (options.json) {
      io.stdout.write(`${JSON.stringify(signed, null, 2)}\n`);
      return EXIT.done;
    }
    if (options.showCanonical) io.stderr.write(`${signed.canonicalRequest}\n`);
    io.stdout.write(`${signed.url}\n`);
    return EXIT.done;
  },
};

function readExpires(text = "300"): number {
  if (!/^[1-9]\d{0,5}$/.test(text))
    throw new UsageError("--expires is no number of seconds. Write 1 to 999999.");
  return Number(text);
}

function described<T>(scheme: Scheme, sign: () => T): T {
  try {
    return sign();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new UsageError(
      `Not signed, as a server would refuse it (${error.message}): ${explanationOf(error.code, scheme)}`,
    );
  }
}
