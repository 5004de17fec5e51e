import type { CommandDescription } from "../command.js";
import { contentOf, contentToSign, type ContentToSign } from "../content-to-sign.js";
import {
  CREDENTIAL_OPTIONS,
  KEY_OPTION,
  readCredentials,
  SIGNED_HEADER_OPTION,
  type CredentialOptions,
  type ReadCredentials,
} from "../credentials.js";
import { EXIT, UsageError } from "../exit.js";
import { readHeaderLine } from "../http/header-line.js";
import { readWrittenUrl, seenFrom } from "../http/written-url.js";
import { Inputs } from "../inputs.js";
import type { Io } from "../io.js";
import { signMany } from "../sign-many.js";
import { signRequest, type DescribedRequest } from "../signing.js";

interface SignOptions extends CredentialOptions {
  readonly header?: readonly string[];
  readonly data?: string;
  readonly dataFile?: string;
  readonly requests?: string;
  readonly showCanonical?: true;
  readonly json?: true;
}

export const sign: CommandDescription<SignOptions> = {
  args: "[METHOD] [URL]",
  options: [
    {
      flags: "-H, --header <line>",
      summary: "a header that will be sent, 'Name: value'; any number",
      repeats: true,
    },
    { flags: "--data <text>", summary: "the content, to the letter" },
    {
      flags: "--data-file <file>",
      summary: "the file that holds the content; - for the standard input",
    },
    {
      flags: "--requests <file>",
      summary: "many requests instead, JSON lines in and out; - for the standard input",
    },
    { flags: "--show-canonical", summary: "print the text that was signed on the standard error" },
    { flags: "--json", summary: "print JSON: headers and canonicalRequest" },
    SIGNED_HEADER_OPTION,
    ...CREDENTIAL_OPTIONS,
    KEY_OPTION,
  ],
  details: `The path and the query are signed byte for byte as you write them: send them so. Give
every header that your client sets, above all the Content-Type: a header that the server
wants signed, and that was added afterwards, gets the request refused.

A file of any size is signed in little memory, where the scheme signs its SHA-256.

With --requests, each line is an object: url, and where there are such method (GET unless
said), headers, one of body, bodyBase64 and bodyFile, and tag, which is yours. It comes out
with the headers of its signature, which is made at that moment: send it soon.

Examples:
  lacre sign POST https://api.example.com/v1/items \\
    -H 'Content-Type: application/json' --data '{"n":1}'
  lacre sign --requests requests.jsonl > signed.jsonl`,

  async run(io, { args, options }) {
    const inputs = new Inputs(io);
    if (options.requests !== undefined) {
      refuseOneRequest(args, options);
      const credentials = await readCredentials(io, options);
      const { requests: path, baseUrl } = options;
      await signMany({ path, ...(baseUrl !== undefined && { baseUrl }) }, inputs, credentials, io);
      return EXIT.done;
    }
    const request = readRequest(args, options);
    refuseStdinTwice(options);
    const credentials = await readCredentials(io, options);
    const { content, length } = await readContent(options, request, inputs, credentials, io);
    const signed = signRequest({ ...request, content }, credentials, io);

    const isTyped = request.headers.some(([name]) => name.toLowerCase() === "content-type");
    if (length > 0 && !isTyped)
      io.stderr.write(
        "lacre: note: no Content-Type is signed. If your client will add one, give it with -H.\n",
      );
    if (options.json) {
      const { canonicalRequest } = signed;
      io.stdout.write(
        `${JSON.stringify({ headers: Object.fromEntries(signed.headers), canonicalRequest }, null, 2)}\n`,
      );
      return EXIT.done;
    }
    if (options.showCanonical) io.stderr.write(`${signed.canonicalRequest}\n`);
    io.stdout.write(signed.headers.map(([name, value]) => `${name}: ${value}\n`).join(""));
    return EXIT.done;
  },
};

function readRequest(args: readonly string[], options: SignOptions): DescribedRequest {
  const [method, url] = args;
  if (method === undefined || url === undefined)
    throw new UsageError(
      "There is no request. Give METHOD and URL, or --requests FILE for many: lacre sign --help.",
    );
  const headers = (options.header ?? [])
    .map(readHeaderLine)
    .map(({ name, value }) => [name, value] as const);
  return { method, url: readWrittenUrl(seenFrom(options.baseUrl, url)), headers };
}

/** What belongs to one request alone. */
function refuseOneRequest(args: readonly string[], options: SignOptions): void {
  const { header, data, dataFile, showCanonical, json } = options;
  if (
    args.length > 0 ||
    [header, data, dataFile, showCanonical, json].some((it) => it !== undefined)
  )
    throw new UsageError(
      "--requests signs what its lines say. Leave out METHOD, URL, -H, --data, --data-file, --show-canonical and --json.",
    );
  refuseStdinTwice(options);
}

/** It ends once: what is read from it second would be nothing, and signed as such. */
function refuseStdinTwice({ keyFile, dataFile, requests }: SignOptions): void {
  if ([keyFile, dataFile ?? requests].flat().filter((path) => path === "-").length > 1)
    throw new UsageError("The standard input is given twice. Give a file for one of them.");
}

function readContent(
  { data, dataFile }: SignOptions,
  request: DescribedRequest,
  inputs: Inputs,
  credentials: ReadCredentials,
  io: Io,
): ContentToSign | Promise<ContentToSign> {
  if (data !== undefined && dataFile !== undefined)
    throw new UsageError("The content is given twice. Use --data or --data-file.");
  return dataFile === undefined
    ? contentOf(Buffer.from(data ?? "", "utf8"))
    : contentToSign(dataFile, request, inputs, credentials, io);
}
