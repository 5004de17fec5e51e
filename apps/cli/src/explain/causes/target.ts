import { pathOf, queryOf } from "../canonical-lines.js";
import { sameUnder, differs, type Cause, type Findings, type Pair } from "./cause.js";

export const onPath =
  (change: (path: string) => string) =>
  (target: string): string =>
    change(pathOf(target)) + target.slice(pathOf(target).length);

export const upperEscapes = (text: string): string =>
  text.replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase());
/** RFC 3986 §2.3: these never need an escape. */
const withoutNeedlessEscapes = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (escape, hex: string) => {
    const character = String.fromCharCode(parseInt(hex, 16));
    return /[\w.~-]/.test(character) ? character : escape.toUpperCase();
  });
export const decoded = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)));
const composed = (text: string): string =>
  Buffer.from(decoded(text), "latin1").toString("utf8").normalize("NFC");
export const foldedDots = (target: string): string => onPath((path) => pathnameOf(path))(target);
const pathnameOf = (path: string): string => {
  try {
    return new URL(`http://any.invalid${path}`).pathname;
  } catch {
    return path;
  }
};
export const foldedSlashes = onPath((path) => path.replace(/\/{2,}/g, "/"));
const parametersOf = (target: string): string[] => (queryOf(target) ?? "").split("&");
const samePath = ({ client, server }: Pair): boolean => pathOf(client) === pathOf(server);
const emptyQuery = (target: string): string => target.replace(/\?$/, "");

/** Whether one list of parameters has all of the other, and more. */
function hasMore(some: readonly string[], all: readonly string[]): boolean {
  const left = [...all];
  for (const parameter of some) {
    const at = left.indexOf(parameter);
    if (parameter !== "" && at < 0) return false;
    if (at >= 0) left.splice(at, 1);
  }
  return left.some((parameter) => parameter !== "");
}

const escapesDoubled = (one: string, other: string): boolean =>
  other !== one && other.includes("%25") && other.replaceAll("%25", "%") === upperEscapes(one);

/** Whether a target differs in this way, in a format that encodes and sorts it by rules of its own. */
const inNormalForm =
  (how: (pair: Pair) => boolean) =>
  (findings: Findings): boolean =>
    findings.server.layout.normalises && differs("target", how)(findings);
const sortedQuery = (target: string): string =>
  `${pathOf(target)}?${parametersOf(target).sort().join("&")}`;
const twiceDecoded = (target: string): string => decoded(decoded(target));
const withEquals = (target: string): string =>
  `${pathOf(target)}?${parametersOf(target)
    .map((each) => (each === "" || each.includes("=") ? each : `${each}=`))
    .sort()
    .join("&")}`;

/** What happens to the path and the query. The narrow before the wide. */
export const TARGET_CAUSES: readonly Cause[] = [
  {
    id: "path-encoded-once",
    when: inNormalForm(
      (pair) =>
        sameUnder((target) => pathOf(target).replaceAll("%25", "%"))({
          client: pathOf(pair.client),
          server: pathOf(pair.server),
        }) && sortedQuery(pair.client).split("?")[1] === sortedQuery(pair.server).split("?")[1],
    ),
    says: "The path is percent-encoded once in one text and twice in the other. AWS signs it encoded twice for every service but S3.",
    cure: 'Encode the path of the request once more for the text. If the client signs as for S3, tell the server: urlMode: "s3".',
    concerns: ["caller", "server"],
  },
  {
    id: "query-unsorted",
    when: inNormalForm(sameUnder(sortedQuery)),
    says: "The parameters of the query stand in another order: this format sorts them by name, then by value.",
    cure: "Sort the encoded parameters by byte for the text; they may be sent in any order.",
  },
  {
    id: "parameter-without-equals",
    when: inNormalForm(sameUnder(withEquals)),
    says: "A parameter without a value stands without its = in one text.",
    cure: "Write name= in the text for a parameter that has no value.",
  },
  {
    id: "reserved-unescaped",
    when: inNormalForm(
      (pair) =>
        sameUnder(twiceDecoded)(pair) || sameUnder((t) => sortedQuery(twiceDecoded(t)))(pair),
    ),
    says: "Characters such as = , : @ + or a space stand unescaped in one text: this format percent-encodes everything but A-Z a-z 0-9 - . _ ~ (and / in the path).",
    cure: "Encode names, values and segments for the text by that rule, capitals in escapes, whatever the URL that is sent has.",
  },
  {
    id: "url-signed-whole",
    when: differs(
      "target",
      ({ client, server }) =>
        /^https?:\/\//i.test(client) ||
        (/^[^/?]+\//.test(client) && client !== server.slice(1) && client.endsWith(server)),
    ),
    says: "The client signed the whole URL, or the host with the path. The target is its path and query alone.",
    cure: "Sign what stands in the request line: in JavaScript pathname + search of the URL.",
  },
  {
    id: "first-slash-missing",
    when: differs(
      "target",
      ({ client, server }) => `/${client}` === server || client === `/${server}`,
    ),
    says: "The path stands without its first slash in one text.",
    cure: "Begin the target with a slash, as the request line has it.",
  },
  {
    id: "fragment-sent",
    when: differs("target", ({ client, server }) => client.includes("#") !== server.includes("#")),
    says: "One side has the fragment of the URL (#…), which is never sent.",
    cure: "Sign pathname + search of the URL, without its hash.",
  },
  {
    id: "trailing-slash",
    when: differs("target", sameUnder(onPath((path) => path.replace(/\/+$/, "")))),
    says: "The path has a / at its end on one side only: a router or a proxy redirected or rewrote it.",
    cure: "Call the path exactly as the server spells it, and switch off what adds or takes off the slash.",
    concerns: ["caller", "proxy"],
  },
  {
    id: "question-mark",
    when: differs("target", sameUnder(emptyQuery)),
    says: "A bare ? at the end of the target was dropped or added: some libraries leave out an empty query.",
    cure: "Leave out the ? where there is no query, before signing.",
  },
  {
    id: "dots-folded",
    when: differs("target", (pair) => samePathIn(pair, /\/\.{1,2}(?:\/|$|\?)/, foldedDots)),
    says: "A . or .. segment was folded away: URL parsers, curl and proxies do that.",
    cure: "Build paths without . and .. segments, and for curl say --path-as-is.",
  },
  {
    id: "slashes-folded",
    when: differs("target", sameUnder(foldedSlashes)),
    says: "Two slashes in a row became one, as in nginx with merge_slashes.",
    cure: "Join the parts of the path without doubling the slash, or switch merge_slashes off.",
    concerns: ["caller", "proxy"],
  },
  {
    id: "escapes-case",
    when: differs("target", sameUnder(upperEscapes)),
    says: "An escape is written %2f on one side and %2F on the other: somebody encoded the target again.",
    cure: "Write escapes in capitals, as every library does that encodes again, and sign what is sent.",
  },
  {
    id: "space-plus",
    when: differs(
      "target",
      (pair) =>
        sameUnder((target) => withoutNeedlessEscapes(target.replaceAll("%20", "+")))(pair) &&
        withoutNeedlessEscapes(pair.client) !== withoutNeedlessEscapes(pair.server),
    ),
    says: "A space in the query is %20 on one side and + on the other: the query was encoded again, as a form is.",
    cure: "Build the query once, with the encoder that the library uses, and sign that text: URLSearchParams and form encoders write +.",
  },
  {
    id: "double-encoding",
    when: differs(
      "target",
      ({ client, server }) => escapesDoubled(client, server) || escapesDoubled(server, client),
    ),
    says: "A % became %25: the target was encoded a second time.",
    cure: "Encode once. Give the library a finished URL, or unencoded parts, but not encoded parts.",
  },
  {
    id: "target-case",
    when: differs(
      "target",
      sameUnder((target) => target.toLowerCase()),
    ),
    says: "The target is the same but for capitals: somebody turned it into lower case.",
    cure: "Sign the path and the query with the capitals that are sent: they count.",
  },
  {
    id: "unicode-form",
    when: differs(
      "target",
      (pair) => sameUnder(composed)(pair) && decoded(pair.client) !== decoded(pair.server),
    ),
    says: "An accented letter is one character on one side and two on the other (Unicode NFC and NFD): file names of macOS are of the second kind.",
    cure: 'Normalise once, before the URL is built: name.normalize("NFC").',
  },
  {
    id: "slash-decoded",
    when: differs(
      "target",
      ({ client, server }) =>
        /%2f/i.test(client + server) &&
        client.replace(/%2f/gi, "/") === server.replace(/%2f/gi, "/"),
    ),
    says: "%2F in the path became a slash: a proxy decoded the path before it passed it on.",
    cure: "Have the proxy pass the path on as it came (nginx: proxy_pass without a path; Apache: AllowEncodedSlashes NoDecode), or keep / out of segments.",
    concerns: ["proxy"],
  },
  {
    id: "unreserved-escaped",
    when: differs("target", sameUnder(withoutNeedlessEscapes)),
    says: "A letter, a digit or one of - . _ ~ is escaped on one side only.",
    cure: "Escape only what needs it: never A-Z a-z 0-9 - . _ ~",
  },
  {
    id: "target-decoded",
    when: differs("target", sameUnder(decoded)),
    says: "The target was decoded, or encoded by other rules, on one side. Both mean the same and are other bytes.",
    cure: "Sign the bytes of the request line. On the server take the raw target (req.originalUrl, RequestURI, getRawPath), never a decoded path.",
    concerns: ["caller", "server"],
  },
  {
    id: "query-unsigned",
    when: differs(
      "target",
      (pair) =>
        samePath(pair) &&
        (queryOf(pair.client) === undefined || queryOf(pair.server) === undefined),
    ),
    says: "One side has the path alone, the other has a query as well.",
    cure: "The target is path and query. Put the query on before signing: many libraries hold it apart as params.",
  },
  {
    id: "query-order",
    when: differs(
      "target",
      (pair) =>
        samePath(pair) && sameUnder((target) => parametersOf(target).sort().join("&"))(pair),
    ),
    says: "The parameters of the query are the same in another order: a library, a proxy or a cache sorted them.",
    cure: "Sign the query in the order in which it is sent. LACRE1 sorts nothing.",
  },
  {
    id: "query-parameter-added",
    when: differs(
      "target",
      (pair) => samePath(pair) && hasMore(parametersOf(pair.client), parametersOf(pair.server)),
    ),
    says: "The server's query has a parameter more than the client's: something added it after signing.",
    cure: "Add such parameters (api versions, cache busters, tracking) before signing, or take them out of the proxy.",
    concerns: ["caller", "proxy"],
  },
  {
    id: "query-parameter-dropped",
    when: differs(
      "target",
      (pair) => samePath(pair) && hasMore(parametersOf(pair.server), parametersOf(pair.client)),
    ),
    says: "The client's query has a parameter more than the server's: something dropped it.",
    cure: "Leave out empty and undefined parameters before signing, and see what the proxy takes off.",
    concerns: ["caller", "proxy"],
  },
  {
    id: "path-prefix-stripped",
    when: differs("target", ({ client, server }) => client.endsWith(server) && server !== "/"),
    says: "The server's path lacks the beginning of the client's: a proxy strips a prefix.",
    cure: 'Tell the server what is stripped: pathPrefix: "/api".',
    concerns: ["server"],
  },
  {
    id: "path-prefix-added",
    when: differs("target", ({ client, server }) => server.endsWith(client) && client !== "/"),
    says: "The server's path has something before the client's: a proxy or a base URL adds a prefix.",
    cure: "Sign the path as it is sent, base path included; where a proxy adds it, let the proxy leave the path alone.",
    concerns: ["caller", "proxy"],
  },
  {
    id: "target-other",
    wide: true,
    when: differs("target"),
    says: "The targets are of different resources: a rewrite, a redirect that was followed, or two requests that do not belong together.",
    cure: "Compare two views of the same request (same nonce). Sign each hop of a redirect anew, and let the proxy leave the path alone.",
    concerns: ["caller", "proxy"],
  },
];

/** Whether two targets become the same under this, and one of them has what it changes. */
const samePathIn = (pair: Pair, sign: RegExp, change: (target: string) => string): boolean =>
  (sign.test(pathOf(pair.client)) || sign.test(pathOf(pair.server))) && sameUnder(change)(pair);
