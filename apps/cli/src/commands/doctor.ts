import type { CommandDescription } from "../command.js";
import {
  CREDENTIAL_OPTIONS,
  KEY_OPTION,
  readCredentials,
  type CredentialOptions,
} from "../credentials.js";
import { examine } from "../doctor/examine.js";
import type { Finding } from "../doctor/finding.js";
import { Patient } from "../doctor/patient.js";
import { EXIT } from "../exit.js";
import { readWrittenUrl, seenFrom, type WrittenUrl } from "../http/written-url.js";

interface DoctorOptions extends CredentialOptions {
  readonly postUrl?: string;
  readonly json?: true;
}

export const doctor: CommandDescription<DoctorOptions> = {
  args: "<URL>",
  options: [
    { flags: "--post-url <url>", summary: "a POST route that is harmless to call, for content" },
    { flags: "--json", summary: "print JSON" },
    ...CREDENTIAL_OPTIONS,
    KEY_OPTION,
  ],
  details: `Asks first without a signature: a route that answers is not protected, and that is all that
is said. Then calls this GET route, which must be harmless to call, about twenty-five times,
one request after the other, and looks at what gets in: other hosts, replays, header tricks, refusals that can be
told apart. With --post-url it also sends content of several kinds, about fifteen times, as
signed and changed: that route may run each time. Timing is not judged. The requests carry
the header X-Lacre-Doctor. Neither keys nor signatures are printed.

Exit codes: 0 nothing is wrong, 1 something is, 2 wrong use.

Example:
  lacre doctor https://api.example.com/v1/ping --post-url https://api.example.com/v1/echo`,

  async run(io, { args, options }) {
    const [written = ""] = args;
    const at = (text: string): WrittenUrl => readWrittenUrl(seenFrom(options.baseUrl, text));
    const url = at(written);
    const postUrl = options.postUrl === undefined ? undefined : at(options.postUrl);
    const credentials = await readCredentials(io, options);
    const findings = await examine(new Patient(io, credentials, url, postUrl));
    const good = findings.every(({ verdict }) => verdict !== "bad");
    io.stdout.write(
      options.json ? `${JSON.stringify({ good, findings }, null, 2)}\n` : report(findings),
    );
    return good ? EXIT.done : EXIT.refused;
  },
};

const WIDTH = 13;

function report(findings: readonly Finding[]): string {
  const blocks = findings.map(({ name, sent, expected, seen, verdict, cure }) => {
    const lines = [
      ["", `${verdict === "bad" ? "BAD" : verdict}`.padEnd(WIDTH) + name],
      ["sent", sent],
      ["expected", expected],
      ["seen", seen],
      ...(cure === undefined ? [] : [["cure", cure]]),
    ];
    return lines
      .map(([label = "", text = ""]) =>
        label === "" ? text : `${" ".repeat(WIDTH)}${label.padEnd(10)}${text}`,
      )
      .join("\n");
  });
  return `${blocks.join("\n")}\n\n${summary(findings)}\n`;
}

function summary(findings: readonly Finding[]): string {
  const counted = (wanted: Finding["verdict"]): number =>
    findings.filter(({ verdict }) => verdict === wanted).length;
  const parts = [
    `${counted("good")} good`,
    `${counted("bad")} bad`,
    ...(counted("hint") > 0 ? [`${counted("hint")} hint`] : []),
    ...(counted("not checked") > 0 ? [`${counted("not checked")} not checked`] : []),
  ];
  return `${parts.join(", ")}.`;
}
