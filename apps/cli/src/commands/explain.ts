import type { CommandDescription } from "../command.js";
import {
  CREDENTIAL_OPTIONS,
  KEY_OPTION,
  readCredentials,
  type CredentialOptions,
} from "../credentials.js";
import { EXIT, UsageError } from "../exit.js";
import { explainAlone, explainHash, explainViews, type Given } from "../explain/explain.js";
import type { Explanation } from "../explain/explanation.js";
import { readSide, viewOfSide, type Side } from "../explain/read-view.js";
import { reportJson, reportText } from "../explain/report.js";
import type { TrialKey } from "../explain/mistakes.js";
import type { View, ViewKind } from "../explain/view.js";
import { Inputs } from "../inputs.js";
import type { Io } from "../io.js";
import { formatOf } from "../spoken-format.js";
import { schemeShownBy, type ShownRequest } from "../shown-scheme.js";
import { readMaxAge, readMoment } from "../times.js";

interface ExplainOptions extends CredentialOptions {
  readonly client?: string;
  readonly file?: string;
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

export const explain: CommandDescription<ExplainOptions> = {
  options: [
    {
      flags: "--client <file>",
      summary: "the client's view of the request; - for the standard input",
    },
    { flags: "--file <file>", summary: "the same as --client, as lacre verify has it" },
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
    ...CREDENTIAL_OPTIONS,
    KEY_OPTION,
  ],
  details: `Compares the two canonical requests line by line and names what is known to make such a
difference, most likely first. A view is a raw HTTP/1.1 request, header lines, a canonical
request as a program printed it (or JSON that holds one as canonicalRequest), a HAR file, or
a curl command, from a POSIX shell or from cmd of Windows.

With a key, known mistakes with keys, texts and encodings, and known changes of what was
signed, are tried on the client's signature until it fits; the one that fits is the cause.
One view of a request and the key are then enough: --server may be left out. Neither the key
nor a right signature is ever shown.

Texts of LACRE1, AWS Signature Version 4 and RFC 9421 show what they are, and so do requests
by their headers, region and service of AWS among it. What does not show, name as for
lacre verify: --scheme.

How to get the server's view:
  - the log line of a refusal has the SHA-256 of the canonical request and the id that the
    caller got as X-Request-Id: --server-sha256
  - an observer with canonicalRequests: true is told the text itself: --server
  - diagnostics: "respond", in development only, puts it into the answer: --server answer.json
  - or record the raw request where the server listens: --server

Exit codes: 0 nothing is wrong, 1 a cause or a difference was found, 2 wrong use.

Examples:
  lacre explain --client command.txt --server answer.json
  lacre explain --client request.http --key-file orders.key
  lacre explain --scheme github --encoding text --key-file github.key --file request.http`,

  async run(io, { options }) {
    const { file, client: clientFile = file, server: serverFile } = options;
    if (clientFile !== file && file !== undefined)
      throw new UsageError("--client and --file are the same: give one of them.");
    if (clientFile === undefined)
      throw new UsageError("The client's view is missing. Give --client FILE.");
    if (serverFile !== undefined && options.serverSha256 !== undefined)
      throw new UsageError("Give the server's view once: --server FILE, or --server-sha256 HEX.");
    if (serverFile === undefined && options.serverSha256 === undefined && !hasKey(io, options))
      throw new UsageError(
        "Give the server's view: --server FILE, or --server-sha256 HEX. Without it, give the key: --key-file.",
      );
    if (clientFile === "-" && serverFile === "-")
      throw new UsageError("The standard input can be one view only. Put the other into a file.");
    const serverSha256 = readSha256(options.serverSha256);
    const entry = readEntry(options.entry);

    const inputs = new Inputs(io);
    const clientBytes = await inputs.readFilled(clientFile);
    const serverBytes = serverFile === undefined ? undefined : await inputs.readFilled(serverFile);
    const isOther = options.scheme !== undefined && options.scheme !== "lacre1";
    const clientSide = await readSide(clientBytes, inputs, {
      isOther,
      entry,
      kind: options.clientKind,
    });
    const serverSide =
      serverBytes === undefined
        ? undefined
        : await readSide(serverBytes, inputs, { isOther, entry, kind: options.serverKind });
    const request = shownBy(clientSide, serverSide);
    const scheme = options.scheme ?? schemeShownBy(request);
    const appId = options.appId ?? (io.env["LACRE_APP_ID"] || undefined);
    const spoken = { ...options, scheme };
    const format = await formatOf(spoken, { appId: appId ?? "unknown", clock: io.clock, request });
    const isNamed = options.scheme !== undefined;
    const client = viewOfSide(clientSide, format, isNamed);
    const server = serverSide && viewOfSide(serverSide, format, isNamed);
    const given: Given = {
      keys: await readKeys(io, spoken, { appId: appId ?? client.lines.appId?.[0], request }),
      judgedAtSeconds: readMoment(options.at, io.clock),
      maxAgeSeconds: readMaxAge(options.maxAge),
      hints: {
        appId,
        hosts: options.baseUrl === undefined ? [] : [new URL(options.baseUrl).host],
      },
    };
    const explanation = explained(client, server, serverSha256, given);
    if (scheme !== options.scheme)
      io.stderr.write(
        `lacre: note: read as ${scheme}, which the request shows. Name another with --scheme.\n`,
      );
    io.stdout.write(
      options.json ? reportJson(explanation) : reportText(explanation, format.scheme),
    );
    return explanation.equal ? EXIT.done : EXIT.refused;
  },
};

/** What the two sides tell together: one of them may be a text alone. */
const shownBy = ({ request: client }: Side, server: Side | undefined): ShownRequest => ({
  target: client.target ?? server?.request.target,
  headers: [...client.headers, ...(server?.request.headers ?? [])],
});

function explained(
  client: View,
  server: View | undefined,
  serverSha256: string | undefined,
  given: Given,
): Explanation {
  if (server !== undefined) {
    if (client.layout.title !== server.layout.title)
      throw new UsageError(
        `The client's view is of ${client.layout.title}, the server's of ${server.layout.title}. Give two views of one request, and name its format: --scheme.`,
      );
    return explainViews(client, server, given);
  }
  if (serverSha256 === undefined) {
    if (client.kind === "canonical")
      throw new UsageError(
        "A text alone has no signature that could be tried. Give the server's view too: --server FILE.",
      );
    const alone = explainAlone(client, given);
    if (alone.trial === undefined && client.fault === undefined) throw nothingToTry();
    return alone;
  }
  if (client.text === undefined) throw noHash(client);
  return explainHash(client, serverSha256, given);
}

const nothingToTry = (): UsageError =>
  new UsageError(
    "This view does not tell the whole request, so its signature cannot be tried. Give a raw request, a curl command or a HAR file, or the server's view too.",
  );

function noHash({ fault }: View): UsageError {
  const refused = fault === undefined ? "" : ` A server would refuse it: ${fault.code}.`;
  const note = fault?.note === undefined ? "" : ` Note: ${fault.note}.`;
  return new UsageError(
    `The client's view does not tell the whole canonical request, so there is no hash of it.${refused}${note} Give a raw request, or the canonical request.`,
  );
}

const hasKey = (io: Io, { keyFile, profileKey }: ExplainOptions): boolean =>
  keyFile !== undefined || profileKey !== undefined || (io.env["LACRE_API_KEY"] ?? "") !== "";

/** The keys to try, if there are any: without one the views can be compared all the same. */
async function readKeys(
  io: Io,
  options: ExplainOptions,
  { appId = "unknown", request }: { appId?: string; request: ShownRequest },
): Promise<TrialKey[]> {
  if (!hasKey(io, options)) return [];
  const named = { ...options, appId };
  const { apiKeys, encoding } = await readCredentials(io, named, { recorded: request });
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
