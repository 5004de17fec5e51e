import type { CommandDescription } from "../command.js";
import {
  CREDENTIAL_OPTIONS,
  KEY_OPTION,
  readCredentials,
  type CredentialOptions,
} from "../credentials.js";
import { EXIT, UsageError } from "../exit.js";
import { readHeaderLine } from "../http/header-line.js";
import { readWrittenUrl, seenFrom } from "../http/written-url.js";
import { Inputs } from "../inputs.js";
import type { Io } from "../io.js";
import { signRequest } from "../signing.js";

interface SignOptions extends CredentialOptions {
  readonly header?: readonly string[];
  readonly data?: string;
  readonly dataFile?: string;
  readonly showCanonical?: true;
  readonly json?: true;
}

export const sign: CommandDescription<SignOptions> = {
  name: "sign",
  summary: "print the headers that sign a request",
  args: "<METHOD> <URL>",
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
    { flags: "--show-canonical", summary: "print the text that was signed on the standard error" },
    { flags: "--json", summary: "print JSON: headers and canonicalRequest" },
    ...CREDENTIAL_OPTIONS,
    KEY_OPTION,
  ],
  details: `The path and the query are signed byte for byte as you write them: send them so. Give
every header that your client sets, above all the Content-Type: a header that the server
wants signed, and that was added afterwards, gets the request refused.

Example:
  lacre sign POST https://api.example.com/v1/items \\
    -H 'Content-Type: application/json' --data '{"n":1}'`,

  async run(io, { args, options }) {
    const [method = "", url = ""] = args;
    const headers = (options.header ?? [])
      .map(readHeaderLine)
      .map(({ name, value }) => [name, value] as const);
    const content = await readContent(io, options);
    const credentials = await readCredentials(io, options);
    const signed = signRequest(
      { method, url: readWrittenUrl(seenFrom(options.baseUrl, url)), headers, content },
      credentials,
      io,
    );

    if (content.byteLength > 0 && !headers.some(([name]) => name.toLowerCase() === "content-type"))
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

async function readContent(io: Io, { data, dataFile }: SignOptions): Promise<Buffer> {
  if (data !== undefined && dataFile !== undefined)
    throw new UsageError("The content is given twice. Use --data or --data-file.");
  return dataFile === undefined ? Buffer.from(data ?? "", "utf8") : new Inputs(io).read(dataFile);
}
