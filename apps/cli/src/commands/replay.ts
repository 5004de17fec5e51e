import type { CommandDescription } from "../command.js";
import { EXIT, UsageError } from "../exit.js";
import { exchange, reasonOf } from "../http/exchange.js";
import { isLoopback, placeOf } from "../http/place.js";
import { readWrittenUrl, type WrittenUrl } from "../http/written-url.js";
import { Inputs } from "../inputs.js";
import type { Io } from "../io.js";
import type { Place } from "../http/connect-to.js";
import { readHarRecording, readRawRecording, type Recording } from "../replay/recording.js";

interface ReplayOptions {
  readonly to?: string;
  readonly har?: true;
  readonly entry?: string;
  readonly times?: string;
  readonly json?: true;
}

export const replay: CommandDescription<ReplayOptions> = {
  args: "<FILE>",
  options: [
    { flags: "--to <origin>", summary: "where it goes, http://… or https://…; a HAR file tells" },
    { flags: "--har", summary: "the file is a HAR file, or one entry of one" },
    {
      flags: "--entry <number>",
      summary: "which request of a HAR file, from 1; the last that carries credentials otherwise",
    },
    { flags: "--times <number>", summary: "how often it is sent; 2 unless said otherwise" },
    { flags: "--json", summary: "print JSON" },
  ],
  details: `The bytes of the recording go out as they are, each time over a connection of its own, one
after the other; no redirect is followed. They go only to the Host that the recording names,
or to this machine: whoever gets a signed request that was not used yet can use it.

A fresh recording may be let in once; every other time the server must answer 401. The
first time runs for real: record a request that does no harm. Content of a HAR file is text,
so write what is not text into a raw request.

Exit codes: 0 let in once at most, 1 let in more than once, or no answer; 2 wrong use.

Example:
  lacre replay request.http --to https://api.example.com`,

  async run(io, { args, options }) {
    const [file = ""] = args;
    const times = readTimes(options.times);
    const recording = await readRecording(io, file, options);
    const place = destinationOf(recording, options.to);

    if (!recording.bytes.includes("\r\n"))
      io.stderr.write(
        "lacre: note: the recording's lines end with LF alone, as from an editor, and servers may refuse that. Record the bytes as sent.\n",
      );
    const seen = await sendAgain(io, recording, place, times);
    const letIn = seen.filter(isLetIn).length;
    const good = letIn <= 1 && seen.every((each) => typeof each === "number");
    io.stdout.write(
      options.json
        ? `${JSON.stringify({ answers: seen, letIn, good }, null, 2)}\n`
        : `${seen.map((each, i) => `${i + 1}  ${each}\n`).join("")}${verdictOf(seen, letIn)}\n`,
    );
    return good ? EXIT.done : EXIT.refused;
  },
};

/** A status, or why there is none. */
type Seen = number | string;

async function sendAgain(
  io: Io,
  { bytes, method }: Recording,
  place: Place,
  times: number,
): Promise<Seen[]> {
  const seen: Seen[] = [];
  for (let i = 0; i < times; i++) {
    try {
      const { status } = await exchange(io, { place, bytes, head: method === "HEAD" });
      seen.push(status);
    } catch (error) {
      seen.push(`no answer: ${reasonOf(error)}`);
    }
  }
  return seen;
}

/** 401 is the refusal; 413 and 503 come before anything runs. */
const isLetIn = (seen: Seen): boolean =>
  typeof seen === "number" && ![401, 413, 503].includes(seen);

function verdictOf(seen: readonly Seen[], letIn: number): string {
  if (letIn > 1)
    return `Not protected: the same bytes were let in ${letIn} times. Each request must run once at most.`;
  if (seen.some((each) => typeof each === "string"))
    return "Not judged: the server did not answer every time.";
  if (letIn === 1)
    return "Protected: the same bytes were let in once, and refused every other time.";
  return "Refused every time. If the server took this recording before, it is protected; if not, the recording is too old or was never right, and this proves nothing.";
}

async function readRecording(
  io: Io,
  file: string,
  { har, entry }: ReplayOptions,
): Promise<Recording> {
  const bytes = await new Inputs(io).readFilled(file);
  if (har !== true) return readRawRecording(bytes);
  if (entry !== undefined && !/^[1-9]\d{0,6}$/.test(entry))
    throw new UsageError("--entry is no number. Count the requests of the HAR file from 1.");
  let json: unknown;
  try {
    json = JSON.parse(bytes.toString("utf8").replace(/^\uFEFF/, ""));
  } catch {
    throw new UsageError("The HAR file is no JSON. Export it anew.");
  }
  return readHarRecording(json, entry === undefined ? undefined : Number(entry));
}

function readTimes(text = "2"): number {
  if (!/^[1-9]\d?$/.test(text))
    throw new UsageError("--times is no number of times. Write 1 to 99.");
  return Number(text);
}

/** @throws UsageError where the recording would get into other hands than it was made for */
function destinationOf({ host, origin }: Recording, to: string | undefined): Place {
  const written = to ?? origin;
  if (written === undefined)
    throw new UsageError(
      `Where it goes is not said: a raw request does not tell http from https. Give --to https://${host}`,
    );
  const url = readWrittenUrl(written);
  if (url.target !== "/")
    throw new UsageError("--to has a path. The target is that of the recording: leave it out.");
  const place = placeOf(url);
  if (normal(host, url) !== normal(url.host, url) && !isLoopback(place))
    throw new UsageError(
      `The recording is for ${host}, and --to names ${url.host}, which could use it there. Send it to ${host}, or to this machine.`,
    );
  return place;
}

const normal = (host: string, { scheme }: WrittenUrl): string =>
  host.toLowerCase().replace({ http: /:80$/, https: /:443$/ }[scheme], "");
