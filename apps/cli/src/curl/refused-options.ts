import { UsageError } from "../exit.js";
import type { CurlOption } from "./arguments.js";

const OTHER_CREDENTIALS =
  "puts other credentials into the request, and a signed request has one kind. Leave it out.";
const REDIRECTS =
  "follows redirects, but a signature is good for one target and one time. Leave it out, and sign the next URL for itself.";
const CHANGES_CONTENT =
  "changes the content after it is signed. Leave it out, and send a file that is as it should be.";
const adds = (header: string): string =>
  `makes curl add a header that the signature does not cover. Write the header: -H '${header}'.`;
const LATER_REQUESTS =
  "makes more than one request, and each needs a signature of its own. Run lacre for each.";

/** Options with which curl would send something else than was signed, or more than once. */
const REFUSED: Readonly<Record<string, string>> = {
  location: REDIRECTS,
  "location-trusted": REDIRECTS,
  follow: REDIRECTS,
  user: OTHER_CREDENTIALS,
  netrc: OTHER_CREDENTIALS,
  "netrc-file": OTHER_CREDENTIALS,
  "netrc-optional": OTHER_CREDENTIALS,
  "oauth2-bearer": OTHER_CREDENTIALS,
  "aws-sigv4":
    "makes curl sign by itself, and a signed request has one signature. Use lacre's --scheme aws-sigv4.",
  anyauth: OTHER_CREDENTIALS,
  digest: OTHER_CREDENTIALS,
  ntlm: OTHER_CREDENTIALS,
  "ntlm-wb": OTHER_CREDENTIALS,
  negotiate: OTHER_CREDENTIALS,
  crlf: CHANGES_CONTENT,
  "use-ascii": CHANGES_CONTENT,
  range: adds("Range: bytes=0-5"),
  "time-cond": adds("If-Modified-Since: Mon, 30 Nov 2026 08:00:00 GMT"),
  "etag-compare": adds('If-None-Match: "…"'),
  "continue-at":
    "sends or asks for only a part, and says so in a header that the signature does not cover. Leave it out; to ask for a part, write -H 'Range: bytes=100-'.",
  "tr-encoding": "makes curl add a header that cannot be signed, TE. Leave it out.",
  next: LATER_REQUESTS,
  retry:
    "sends the same signature again, which is refused. Leave it out, and run lacre again for another attempt.",
  config: "brings arguments that lacre does not see. Write them on the command line.",
  "url-query":
    "adds to the URL what lacre does not see. Write it into the URL, or use -G with --data-urlencode.",
};

/** Those that leave alone what the signature of the first request covers. */
const BESIDE_THE_SIGNATURE: readonly string[] = [
  ...["location", "location-trusted", "follow", "retry"],
  ...["range", "time-cond", "etag-compare", "tr-encoding"],
];

/** Whether an option changes what is signed in the first request, not only what is beside it or follows it. */
export const changesFirstRequest = ({ name }: CurlOption): boolean =>
  !BESIDE_THE_SIGNATURE.includes(name);

/**
 * Refuses what cannot be signed, with the reason.
 * @throws UsageError
 */
export function refuseUnsignable(options: readonly CurlOption[]): void {
  for (const { name, on, words } of options)
    if (on && Object.hasOwn(REFUSED, name))
      throw new UsageError(`curl's ${words[0]} ${REFUSED[name]}`);
}
