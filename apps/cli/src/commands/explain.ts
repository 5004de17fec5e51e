import { lacre1 } from "@lacre/core";
import type { CommandDescription, OptionDescription } from "../command.js";
import {
  CREDENTIAL_OPTIONS,
  KEY_OPTION,
  readCredentials,
  type CredentialOptions,
} from "../credentials.js";
import { EXIT, UsageError } from "../exit.js";
import { explainHash, explainViews, type Given } from "../explain/explain.js";
import { readView } from "../explain/read-view.js";
import { reportJson, reportText } from "../explain/report.js";
import type { TrialKey } from "../explain/trial.js";
import type { View, ViewKind } from "../explain/view.js";
import { Inputs } from "../inputs.js";
import type { Io } from "../io.js";
import { SCHEME_OPTIONS } from "../schemes.js";
import { readMaxAge, readMoment } from "../times.js";

interface ExplainOptions extends CredentialOptions {
  readonly client?: string;
  readonly clientKind?: ViewKind;
  readonly server?: string;
  readonly serverKind?: ViewKind;
  readonly serverSha256?: string;
  readonly entry?: string;
  readonly at?: string;
  readonly maxAge?: string;
  readonly json?: true;
}

const KINDS = ["raw", "headers", "canonical", "har", "curl"];
/** What is compared is the text of LACRE1, whose keys are written as lk1_…, base64, hex or text. */
const OF_LACRE1: readonly OptionDescription[] = CREDENTIAL_OPTIONS.filter(
  (option) => !SCHEME_OPTIONS.includes(option),
).map((option) =>
  option.flags.startsWith("--encoding")
    ? { ...option, choices: lacre1.keyEncodings }
    : option.flags.startsWith("--algorithm")
      ? { ...option, choices: lacre1.keyAlgorithms }
      : option,
);

export const explain: CommandDescription<ExplainOptions> = {
  name: "explain",
  summary: "say why a signature does not match",
  options: [
    {
      flags: "--client <file>",
      summary: "the client's view of the request; - for the standard input",
    },
    { flags: "--client-kind <kind>", summary: "what it is, if it does not show", choices: KINDS },
    { flags: "--server <file>", summary: "the server's view of the same request; or -" },
    { flags: "--server-kind <kind>", summary: "what it is, if it does not show", choices: KINDS },
    {
      flags: "--server-sha256 <hex>",
      summary: "in place of --server: the SHA-256 of the canonical request in the server's log",
    },
    {
      flags: "--entry <number>",
      summary: "which request of a HAR file, from 1; the last that carries credentials otherwise",
    },
    { flags: "--at <seconds>", summary: "when the server judged, in Unix seconds, or now" },
    {
      flags: "--max-age <seconds>",
      summary: "how old a request may be; 300 unless said otherwise",
    },
    { flags: "--json", summary: "print JSON" },
    ...OF_LACRE1,
    KEY_OPTION,
  ],
  details: `Knows LACRE1 alone. For another format judge the recorded request, and compare the text
that is printed with the sender's: lacre verify --scheme NAME --file request.http

Compares the two canonical requests line by line and names what is known to make such a
difference, most likely first. A view is a raw HTTP/1.1 request, header lines, a canonical
request as a program printed it (or JSON that holds one as canonicalRequest), a HAR file, or
a curl command. With a key, known mistakes with keys, texts and encodings are tried on the
client's signature; neither the key nor a right signature is ever shown.

How to get the server's view:
  - the log line of a refusal has the SHA-256 of the canonical request and the id that the
    caller got as X-Request-Id: --server-sha256
  - an observer with canonicalRequests: true is told the text itself: --server
  - diagnostics: "respond", in development only, puts it into the answer: --server answer.json
  - or record the raw request where the server listens: --server

Exit codes: 0 nothing differs, 1 something does, 2 wrong use.

Example:
  lacre explain --client command.txt --server answer.json`,

  async run(io, { options }) {
    const { client: clientFile, server: serverFile } = options;
    if (clientFile === undefined)
      throw new UsageError("The client's view is missing. Give --client FILE.");
    if ((serverFile === undefined) === (options.serverSha256 === undefined))
      throw new UsageError("Give the server's view: --server FILE, or --server-sha256 HEX.");
    if (clientFile === "-" && serverFile === "-")
      throw new UsageError("The standard input can be one view only. Put the other into a file.");
    const serverSha256 = readSha256(options.serverSha256);
    const entry = readEntry(options.entry);

    const inputs = new Inputs(io);
    const client = await readView(clientFile, inputs, { kind: options.clientKind, entry });
    const server =
      serverFile === undefined
        ? undefined
        : await readView(serverFile, inputs, { kind: options.serverKind, entry });
    const given: Given = {
      keys: await readKeys(io, options, client),
      judgedAtSeconds: readMoment(options.at, io.clock),
      maxAgeSeconds: readMaxAge(options.maxAge),
    };
    if (server === undefined && client.text === undefined) throw noHash(client);
    const explanation =
      server === undefined
        ? explainHash(client, serverSha256 ?? "", given)
        : explainViews(client, server, given);
    io.stdout.write(options.json ? reportJson(explanation) : reportText(explanation));
    return explanation.equal ? EXIT.done : EXIT.refused;
  },
};

function noHash({ fault }: View): UsageError {
  const note = fault?.note === undefined ? "" : ` Note: ${fault.note}.`;
  return new UsageError(
    `The client's view does not tell the whole canonical request, so there is no hash of it.${note} Give a raw request of LACRE1, or the canonical request.`,
  );
}

/** The keys to try, if there are any: without one the views can be compared all the same. */
async function readKeys(io: Io, options: ExplainOptions, client: View): Promise<TrialKey[]> {
  const { keyFile, apiKey, key } = options;
  const asked = keyFile !== undefined || apiKey !== undefined || key !== undefined;
  if (!asked && !io.env["LACRE_API_KEY"]) return [];
  const appId = options.appId ?? (io.env["LACRE_APP_ID"] || client.lines.appId?.[0] || "unknown");
  const { apiKeys, encoding } = await readCredentials(io, { ...options, appId });
  return apiKeys.map((text) => ({ text, encoding }));
}

function readSha256(text: string | undefined): string | undefined {
  if (text !== undefined && !/^[0-9a-f]{64}$/i.test(text))
    throw new UsageError("--server-sha256 is no SHA-256. It has 64 hexadecimal digits.");
  return text?.toLowerCase();
}

function readEntry(text: string | undefined): number | undefined {
  if (text !== undefined && !/^[1-9]\d{0,6}$/.test(text))
    throw new UsageError("--entry is no number. Count the requests of the HAR file from 1.");
  return text === undefined ? undefined : Number(text);
}
