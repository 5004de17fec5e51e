import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandDescription } from "../command.js";
import {
  CREDENTIAL_OPTIONS,
  readCredentials,
  SIGNED_HEADER_OPTION,
  type CredentialOptions,
} from "../credentials.js";
import { checkAnswer, keepingAnswer, outputOf } from "../curl/answer.js";
import { readCurlRequest, type CurlRequest } from "../curl/request.js";
import { EXIT, UsageError } from "../exit.js";
import { Inputs } from "../inputs.js";
import type { Io } from "../io.js";
import { shellQuote } from "../shell-quote.js";
import { signRequest, type Signed } from "../signing.js";
import { writeAll } from "../write-all.js";

interface CurlOptions extends CredentialOptions {
  readonly dryRun?: true;
  readonly showCanonical?: true;
  readonly verifyResponse?: true;
}

export const curl: CommandDescription<CurlOptions> = {
  args: "[curl-arguments...]",
  passesThrough: true,
  options: [
    { flags: "--dry-run", summary: "print the curl command instead of running it" },
    { flags: "--show-canonical", summary: "print the text that was signed on the standard error" },
    {
      flags: "--verify-response",
      summary: "take no answer but one that is signed for this request",
    },
    SIGNED_HEADER_OPTION,
    ...CREDENTIAL_OPTIONS,
  ],
  details: `lacre's options come first, then curl's own, with or without -- between them. curl gets
your arguments, the headers of the signature, the Content-Type that it would add, and
--path-as-is. What you give with -d, --json, -F or -G is put together here, so that what is
sent is what was signed; for the same reason ~/.curlrc is not read. Options that would
send something else than was signed, or more than once (-L, -u, --retry, ...), are
refused with the reason. The exit code is curl's own.

With --verify-response nothing of the answer is printed, or written to curl's -o FILE, before
its signature is found right; otherwise the exit code is 1. Answers of up to 256 MiB.

Examples:
  lacre curl https://api.example.com/v1/items
  lacre curl --app-id orders --key-file orders.key -- \\
    -sS --json '{"n":1}' https://api.example.com/v1/items`,

  async run(io, { args, options }) {
    const { verifyResponse, dryRun } = options;
    if (verifyResponse && dryRun)
      throw new UsageError("--dry-run gets no answer to verify. Leave one of them out.");
    const curlRequest = await readCurlRequest(args, new Inputs(io), options);
    const { request, words, input } = curlRequest;
    const signed = signRequest(request, await readCredentials(io, options), io);
    const command = [
      ...words,
      ...signed.headers.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
    ];
    if (options.showCanonical) io.stderr.write(`${signed.canonicalRequest}\n`);
    if (verifyResponse) return runChecked(io, curlRequest, command, signed);
    if (!dryRun) return runCurl(io, command, input);

    io.stdout.write(`${shellQuote(["curl", ...command])}\n`);
    if (input !== undefined)
      io.stderr.write(
        `lacre: note: curl reads the content, ${input.length} bytes, from its standard input.\n`,
      );
    return EXIT.done;
  },
};

/** curl's code for an answer of 400 or more, of which it has kept the content: --fail-with-body. */
const FAILED_WITH_BODY = 22;

async function runChecked(
  io: Io,
  { request, options, input }: CurlRequest,
  command: readonly string[],
  signed: Signed,
): Promise<number> {
  const output = outputOf(options);
  if (!signed.hasAnswers)
    throw new UsageError("This scheme signs no answers. Leave out --verify-response.");
  const folder = await mkdtemp(join(tmpdir(), "lacre-curl-"));
  const files = { head: join(folder, "head"), content: join(folder, "content") };
  try {
    const code = await runCurl(io, keepingAnswer(command, files), input);
    if (code !== EXIT.done && code !== FAILED_WITH_BODY) return code;
    const checked = await checkAnswer(files, request.method, signed);
    if ("reason" in checked) {
      io.stderr.write(`lacre: the answer cannot be believed: ${checked.reason}\n`);
      return EXIT.refused;
    }
    if (output === undefined) await writeAll(io.stdout, checked.content);
    else await save(output, checked.content);
    return code;
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function save(path: string, content: Uint8Array): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    throw new UsageError(`The answer cannot be written: ${(error as Error).message}.`);
  }
}

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
