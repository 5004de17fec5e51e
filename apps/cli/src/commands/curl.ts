import type { CommandDescription } from "../command.js";
import { signsDigests } from "../content-to-sign.js";
import {
  CREDENTIAL_OPTIONS,
  readCredentials,
  SIGNED_HEADER_OPTION,
  type CredentialOptions,
  type ReadCredentials,
} from "../credentials.js";
import { outputOf } from "../curl/answer-options.js";
import { KeptAnswer } from "../curl/kept-answer.js";
import { readCurlRequest, type CurlRequest } from "../curl/request.js";
import { EXIT, UsageError } from "../exit.js";
import { Inputs } from "../inputs.js";
import type { Io } from "../io.js";
import type { RunOptions } from "../run-program.js";
import { Scratch } from "../scratch.js";
import { shellQuote } from "../shell-quote.js";
import { signRequest, type DescribedRequest, type Signed } from "../signing.js";

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
its signature is found right; otherwise the exit code is 1. Until then it is in a file in the
folder for temporary files (TMPDIR), as is a form (-F) of more than 1 MiB. An answer whose
head is not signed right is cut off where its content begins, and one of more than 1 GiB there.

Examples:
  lacre curl https://api.example.com/v1/items
  lacre curl --app-id orders --key-file orders.key -- \\
    -sS --json '{"n":1}' https://api.example.com/v1/items`,

  async run(io, { args, options }) {
    if (options.verifyResponse && options.dryRun)
      throw new UsageError("--dry-run gets no answer to verify. Leave one of them out.");
    const scratch = new Scratch();
    try {
      return await runIn(scratch, io, args, options);
    } finally {
      await scratch.remove();
    }
  },
};

async function runIn(
  scratch: Scratch,
  io: Io,
  args: readonly string[],
  options: CurlOptions,
): Promise<number> {
  const inputs = new Inputs(io, scratch);
  const curlRequest = await readCurlRequest(args, inputs, options);
  const { words, input } = curlRequest;
  const credentials = await readCredentials(io, options);
  const request = await signable(curlRequest, inputs, credentials, io);
  const signed = signRequest(request, credentials, io);
  const command = [
    ...words,
    ...signed.headers.flatMap(([name, value]) => ["-H", `${name}: ${value}`]),
  ];
  if (options.showCanonical) io.stderr.write(`${signed.canonicalRequest}\n`);
  if (options.verifyResponse) return runChecked(io, curlRequest, command, signed, scratch);
  if (!options.dryRun) return runCurl(io, command, { input });

  io.stdout.write(`${shellQuote(["curl", ...command])}\n`);
  if (input !== undefined)
    io.stderr.write(
      `lacre: note: curl reads the content, ${input.length} bytes, from its standard input.\n`,
    );
  else if (scratch.isUsed)
    io.stderr.write("lacre: note: curl reads the content from a file that is removed again.\n");
  return EXIT.done;
}

/** The request with all of its content, where the scheme signs the bytes themselves. */
async function signable(
  { request, file }: CurlRequest,
  inputs: Inputs,
  credentials: ReadCredentials,
  io: Io,
): Promise<DescribedRequest> {
  if (file === undefined || signsDigests(request, credentials, io)) return request;
  return { ...request, content: await inputs.read(file) };
}

/** curl's code for an answer of 400 or more, of which it has kept the content: --fail-with-body. */
const FAILED_WITH_BODY = 22;

async function runChecked(
  io: Io,
  { request, options, input }: CurlRequest,
  command: readonly string[],
  signed: Signed,
  scratch: Scratch,
): Promise<number> {
  const output = outputOf(options);
  if (!signed.hasAnswers)
    throw new UsageError("This scheme signs no answers. Leave out --verify-response.");
  const answer = new KeptAnswer(await scratch.folder());
  const asked = { method: request.method, signed };
  const code = await answer.within(asked, (signal) =>
    runCurl(io, answer.keepingIt(command), { input, signal }),
  );
  if (code !== EXIT.done && code !== FAILED_WITH_BODY && !answer.isEndedEarly) return code;
  const reason = await answer.faultOf(asked);
  if (reason !== undefined) {
    io.stderr.write(`lacre: the answer cannot be believed: ${reason}\n`);
    return EXIT.refused;
  }
  await answer.writeTo(output, io.stdout);
  return code;
}

async function runCurl(
  io: Io,
  command: readonly string[],
  options: Pick<RunOptions, "input" | "signal">,
): Promise<number> {
  // curl has no business with the key.
  const { LACRE_API_KEY: _key, ...env } = io.env;
  try {
    return await io.run("curl", command, { env, ...options });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason =
      code === "ENOENT" ? "it is not on the PATH. Install it" : `${message}. Try --dry-run`;
    io.stderr.write(`lacre: curl could not be run: ${reason}.\n`);
    return EXIT.refused;
  }
}
