import type { CommandDescription } from "../command.js";
import { CREDENTIAL_OPTIONS, readCredentials, type CredentialOptions } from "../credentials.js";
import { readCurlRequest } from "../curl/request.js";
import { EXIT } from "../exit.js";
import { Inputs } from "../inputs.js";
import type { Io } from "../io.js";
import { shellQuote } from "../shell-quote.js";
import { signRequest } from "../signing.js";

interface CurlOptions extends CredentialOptions {
  readonly dryRun?: true;
  readonly showCanonical?: true;
}

export const curl: CommandDescription<CurlOptions> = {
  name: "curl",
  summary: "run curl with a signed request",
  args: "[curl-arguments...]",
  passesThrough: true,
  options: [
    { flags: "--dry-run", summary: "print the curl command instead of running it" },
    { flags: "--show-canonical", summary: "print the text that was signed on the standard error" },
    ...CREDENTIAL_OPTIONS,
  ],
  details: `lacre's options come first, then curl's own, with or without -- between them. curl gets
your arguments, the headers of the signature, the Content-Type that it would add, and
--path-as-is. What you give with -d, --json or -G is put together here, so that what is
sent is what was signed; for the same reason ~/.curlrc is not read. Options that would
send something else than was signed, or more than once (-L, -F, -u, --retry, ...), are
refused with the reason. The exit code is curl's own.

Examples:
  lacre curl https://api.example.com/v1/items
  lacre curl --app-id orders --key-file orders.key -- \\
    -sS --json '{"n":1}' https://api.example.com/v1/items`,

  async run(io, { args, options }) {
    const { request, words, input } = await readCurlRequest(args, new Inputs(io), options);
    const signed = signRequest(request, await readCredentials(io, options), io);
    const command = [
      ...words,
      ...signed.headers.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    ];
    if (options.showCanonical) io.stderr.write(`${signed.canonicalRequest}\n`);
    if (!options.dryRun) return runCurl(io, command, input);

    io.stdout.write(`${shellQuote(["curl", ...command])}\n`);
    if (input !== undefined)
      io.stderr.write(
        `lacre: note: curl reads the content, ${input.length} bytes, from its standard input.\n`,
      );
    return EXIT.done;
  },
};

async function runCurl(
  io: Io,
  command: readonly string[],
  input: Buffer | undefined,
): Promise<number> {
  // curl has no business with the key.
  const { LACRE_API_KEY: _key, ...env } = io.env;
  try {
    return await io.run("curl", command, { env, input });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT" ? "it is not on the PATH. Install it" : `${message}. Try --dry-run`;
    io.stderr.write(`lacre: curl could not be run: ${reason}.\n`);
    return EXIT.refused;
  }
}
