import {
  differs,
  headerRows,
  pairOf,
  recoded,
  rowOf,
  sameUnder,
  someHeader,
  type Cause,
  type Findings,
  type Pair,
} from "./cause.js";
import { headerOf } from "../view.js";

const withoutPort = (host: string): string => host.replace(/:\d+$/, "");
const withoutDefaultPort = (host: string): string => host.replace(/:(?:80|443)$/, "");
/** The names in a list; of an RFC 9421 one the components, without the parameters behind it. */
const namesOf = (list: string): string[] => {
  const inner = /^\(((?:[^")]|"[^"]*")*)\)/.exec(list)?.[1];
  return inner === undefined ? list.split(";") : (inner.match(/"[^"]*"[^ ]*/g) ?? []);
};
const spacesFolded = (value: string): string => value.trim().replace(/\s+/g, " ");
/** The name, where the two sides spell it differently and it is shown with the value. */
const spelling = (value: string): string | undefined => /^([\w-]+):/.exec(value)?.[1];
/** What signing puts there by itself, so that another value means another signing. */
const isOfContent = (name: string): boolean => /^content-|^x-amz-content-sha256$/.test(name);

const OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override"];
const overrideOf = ({ client, server }: Findings): string[] =>
  [client, server].flatMap((view) =>
    OVERRIDES.flatMap((name) => [...headerOf(view, name), ...(view.lines.headers.get(name) ?? [])]),
  );

const hasCredentials = ({ lines }: Findings["client"]): boolean => lines.algorithm !== undefined;

/** Who signed, when, and with what: what stands in the Authorization header. */
export const CREDENTIAL_CAUSES: readonly Cause[] = [
  {
    id: "authorization-dropped",
    when: ({ client, server }) => hasCredentials(client) && !hasCredentials(server),
    says: "No LACRE1 credentials arrived: the Authorization header was taken off on the way, or replaced.",
    cure: "Proxies that authenticate by themselves, redirects to another host, and CGI take Authorization off. Have it passed on (Apache: CGIPassAuth On).",
    concerns: ["proxy"],
  },
  {
    id: "credentials-repeated",
    when: ({ client, server }) =>
      [client, server].some(({ fault }) => fault?.code === "credentials-repeated"),
    says: "There are credentials twice: two Authorization lines, or some in the query as well.",
    cure: "Send one kind, once. HTTP libraries with a user name and password of their own add a second line.",
  },
  {
    id: "two-requests",
    when: (findings) =>
      rowOf(findings, "nonce") !== undefined &&
      ["target", "method", "timestamp", "header:content-digest"].some(
        (key) => rowOf(findings, key) !== undefined,
      ),
    says: "The nonces differ, and not they alone: these are views of two requests.",
    cure: "Take both views of one request. Find the server's by the AppId and the time, or by the X-Request-Id of the answer.",
    concerns: ["caller", "server"],
  },
  {
    id: "nonce-differs",
    when: differs("nonce"),
    says: "The nonces differ while the rest is the same: one attempt is held against another, or the text was signed anew for the header.",
    cure: "Make one nonce for each attempt and use it for both the text and the header; then compare views of one attempt.",
  },
  {
    id: "timestamp-in-milliseconds",
    when: ({ client, server }) =>
      server.layout.writesOtherTimes !== true &&
      [client, server].some(({ lines }) => /^\d{13}$/.test(lines.timestamp?.[0] ?? "")),
    says: "The timestamp has thirteen digits: it is in milliseconds.",
    cure: "Use whole seconds: Math.floor(Date.now() / 1000).",
  },
  {
    id: "timestamp-not-seconds",
    when: ({ client, server }) =>
      server.layout.writesOtherTimes !== true &&
      [client, server].some(({ lines }) => {
        const [text] = lines.timestamp ?? [];
        return text !== undefined && !/^\d+$/.test(text);
      }),
    says: "The timestamp is no whole number: a date as text, or seconds with a fraction.",
    cure: "Write whole Unix seconds, ten digits.",
  },
  {
    id: "timestamp-differs",
    when: differs("timestamp"),
    says: "The same nonce with two timestamps: the time was read once for the text and once for the header, or an old header was used again.",
    cure: "Read the clock once for each attempt, and sign every retry anew.",
  },
  {
    id: "app-id-differs",
    when: differs("appId"),
    says: "The AppIds differ: the client signs as another app than its header says, or uses credentials of another environment.",
    cure: "Take AppId and key from one place, and make sure that it is the one of this server's environment.",
  },
  {
    id: "algorithm-differs",
    when: differs("algorithm"),
    says: "The algorithms differ between the text and the header.",
    cure: "Write the same algorithm, such as LACRE1-HMAC-SHA256, in the first line and in the header, and use its hash.",
  },
  {
    id: "clock-off",
    when: ({ client, server, judgedAtSeconds, maxAgeSeconds }) => {
      const seconds = Number((server.lines.timestamp ?? client.lines.timestamp)?.[0]);
      return (
        judgedAtSeconds !== undefined &&
        (judgedAtSeconds > seconds + maxAgeSeconds || seconds > judgedAtSeconds + 5)
      );
    },
    says: "The request was signed outside the window: the client's clock is wrong, or the request waited before it was sent.",
    cure: "Synchronise the client's clock (NTP), and sign just before sending, after any queue or retry.",
  },
];

/** How the text itself is written. */
export const TEXT_CAUSES: readonly Cause[] = [
  {
    id: "header-space-after-colon",
    when: ({ client, server }) =>
      [client, server].some(({ lines }) => {
        const values = [...lines.headers.values()].flatMap((each) => each ?? []);
        return values.length > 0 && values.every((value) => value.startsWith(" "));
      }),
    says: "The lines of headers have a space after the colon.",
    cure: "Write name:value, nothing between them.",
  },
  {
    id: "signature-params-differ",
    when: differs(
      "list",
      ({ client, server }) =>
        [client, server].every((list) => list.startsWith("(")) &&
        namesOf(client).join() === namesOf(server).join(),
    ),
    says: "The parameters behind the list of components (created, expires, nonce, alg, keyid, tag) are others, or stand in another order.",
    cure: "Write the member of Signature-Input once, and end the text with these very bytes behind its label.",
  },
  {
    id: "list-case",
    when: differs(
      "list",
      sameUnder((list) => list.toLowerCase()),
    ),
    says: "The list of signed headers has capitals on one side.",
    cure: "Write every name in lower case, in the list and before the colon.",
  },
  {
    id: "header-name-case",
    when: (findings) =>
      findings.rows.some(({ key }) => {
        const [client, server] = Object.values(pairOf(findings, key) ?? {}).map(spelling);
        return client !== server && client?.toLowerCase() === server?.toLowerCase();
      }),
    says: "The names of headers are in capitals in one text.",
    cure: "Write every name in lower case, in the list and before the colon.",
  },
  {
    id: "list-separator",
    when: differs(
      "list",
      sameUnder((list) => list.replace(/[,; ]+/g, ";")),
    ),
    says: "The names in the list are parted by something else than a semicolon in one text.",
    cure: "Write a semicolon between two names and nothing beside it.",
  },
  {
    id: "header-lines-order",
    when: (findings) => {
      const [client, server] = [findings.client, findings.server].map(({ lines }) => [
        ...lines.headers.keys(),
      ]);
      return (
        rowOf(findings, "list") === undefined &&
        client?.join() !== server?.join() &&
        client?.toSorted().join() === server?.toSorted().join()
      );
    },
    says: "The lines of headers stand in another order than the list.",
    cure: "Write the lines in the order of the list, which is sorted by byte.",
  },
  {
    id: "list-order",
    when: (findings) =>
      differs(
        "list",
        sameUnder((list) => namesOf(list).sort().join(";")),
      )(findings) ||
      [findings.client, findings.server].some(
        ({ fault }) => fault?.code === "signed-headers-malformed" && /sorted/.test(fault.detail),
      ),
    says: "The list has the same names in another order, or is not sorted.",
    cure: "Sort the names by byte, and write the lines in the order of the list.",
  },
];

/** What happens to the method. */
export const METHOD_CAUSES: readonly Cause[] = [
  {
    id: "method-case",
    when: differs(
      "method",
      sameUnder((method) => method.toUpperCase()),
    ),
    says: "The method is the same but for capitals: libraries differ in whether they send patch or PATCH.",
    cure: "Write the method in capitals where you sign and where you send.",
  },
  {
    id: "method-override",
    when: (findings) =>
      rowOf(findings, "method") !== undefined &&
      overrideOf(findings).some((value) =>
        [...(rowOf(findings, "method")?.client ?? []), ...(rowOf(findings, "method")?.server ?? [])]
          .map((method) => method.toUpperCase())
          .includes(value.toUpperCase()),
      ),
    says: "One side uses the method of an override header in place of the one that was sent.",
    cure: "Sign the method of the request line, and run override middleware after the verification.",
    concerns: ["caller", "server"],
  },
  {
    id: "head-as-get",
    when: differs(
      "method",
      ({ client, server }) => [client, server].sort().join(" ") === "GET HEAD",
    ),
    says: "HEAD on one side is GET on the other: a cache or a framework turned it over.",
    cure: "Sign HEAD as HEAD, and let the proxy pass it on (nginx: proxy_cache_convert_head off).",
    concerns: ["proxy"],
  },
  {
    id: "redirect-followed",
    when: differs(
      "method",
      ({ client, server }) =>
        server === "GET" && ["POST", "PUT", "PATCH", "DELETE"].includes(client),
    ),
    says: "The method became GET: a redirect (301, 302, 303) was followed with the old signature.",
    cure: "Follow no redirect automatically. Call the final URL, and sign each hop for itself.",
  },
  {
    id: "method-differs",
    wide: true,
    when: differs("method"),
    says: "The methods differ.",
    cure: "Sign the method that the library sends: many turn GET into POST as soon as there is content.",
  },
];

/** The values of the host, not how its line is written. */
const hostDiffers = (how: (pair: Pair) => boolean): ((findings: Findings) => boolean) =>
  differs("header:host", (pair) => !/^(?: |host:)/i.test(pair.client) && how(pair));

/** What happens to the host. */
export const HOST_CAUSES: readonly Cause[] = [
  {
    id: "host-case",
    when: hostDiffers(sameUnder((host) => host.toLowerCase())),
    says: "The host is the same but for capitals.",
    cure: "Sign the host in lower case.",
  },
  {
    id: "host-with-scheme",
    when: hostDiffers(sameUnder((host) => host.replace(/^https?:\/\//i, ""))),
    says: "The host was signed with http:// or https:// before it.",
    cure: "Sign the host as the Host header has it: in JavaScript host of the URL, not origin.",
  },
  {
    id: "host-default-port",
    when: hostDiffers(sameUnder(withoutDefaultPort)),
    says: "One side has the default port in the host, the other has not.",
    cure: "Leave :443 of https and :80 of http out of the host that is signed. (An http origin on port 443 keeps it, and so does https on port 80.)",
  },
  {
    id: "host-port",
    when: hostDiffers(sameUnder(withoutPort)),
    says: "The port of the host was dropped or changed on the way (nginx's $host has none).",
    cure: "nginx: proxy_set_header Host $http_host. The port is signed unless it is the default one.",
    concerns: ["proxy"],
  },
  {
    id: "port-signed",
    when: differs("other:port"),
    says: "The port that was signed is another one than that of the public URL: behind a proxy the server listens on a port that no client knows.",
    cure: "Sign the port of the URL that is called: 443 for https and 80 for http where it names none. On the server, origins must be the public ones.",
    concerns: ["caller", "server"],
  },
  {
    id: "url-scheme-signed",
    when: (findings) =>
      ["origin of @target-uri", '"@scheme"'].some((place) => differs(`other:${place}`)(findings)),
    says: "The origin that was signed with the URL is another one: behind a proxy that ends TLS a server sees http and a name of its own.",
    cure: "Have both sides use the public URL: on the server, name its origin in origins. Or sign @authority and @request-target in place of @target-uri and @scheme.",
    concerns: ["caller", "server"],
  },
  {
    id: "url-origin-signed",
    when: differs("other:origin of {url}"),
    says: "The URL was signed with another origin: http for https, or another name.",
    cure: "Tell the sender the public URL, letter by letter, and name its origin in origins; for lacre verify in --origin.",
    concerns: ["server", "caller"],
  },
  {
    id: "host-trailing-dot",
    when: hostDiffers(sameUnder((host) => host.replace(/\.(?=:|$)/, ""))),
    says: "The host ends with a dot on one side.",
    cure: "Write the host without the dot at its end.",
  },
  {
    id: "host-changed",
    wide: true,
    when: hostDiffers(() => true),
    says: "The host is another one: a proxy put its upstream's name in place of the public one, or the client signed for another server.",
    cure: "Have the proxy pass the Host on, or name it in X-Forwarded-Host with trustedProxies and origins set on the server.",
    concerns: ["proxy", "server"],
  },
];

/** What happens to other headers and to the list of their names. */
export const HEADER_CAUSES: readonly Cause[] = [
  {
    id: "header-renamed",
    when: (findings) =>
      [findings.client, findings.server].some(({ fault }) => fault?.code === "header-ambiguous") ||
      (findings.server.headers ?? []).some(([name]) => {
        const dashed = name.toLowerCase().replaceAll("_", "-");
        return name.includes("_") && rowOf(findings, `header:${dashed}`) !== undefined;
      }),
    says: "A header arrived with _ in place of -, or the reverse: gateways and CGI rename headers.",
    cure: "Use - in names of headers, and have the gateway keep them.",
    concerns: ["caller", "proxy"],
  },
  {
    id: "header-repeated",
    when: (findings) =>
      findings.server.fault?.code === "header-repeated" ||
      headerRows(findings).some(
        ({ client = [], server = [] }) => client.length > 1 || server.length > 1,
      ),
    says: "A signed header is on several lines on one side: it was sent twice, or split, or joined with commas.",
    cure: "Set each signed header once: with set, not append. A proxy that adds one must replace the client's.",
    concerns: ["caller", "proxy"],
  },
  {
    id: "header-joined",
    when: someHeader(({ client, server }) => {
      const [short, long] = client.length < server.length ? [client, server] : [server, client];
      return (
        short !== "" && long.split(/\s*,\s*/).length > 1 && long.split(/\s*,\s*/).includes(short)
      );
    }),
    says: "The value has another one joined to it with a comma: the header was set twice.",
    cure: "Set each signed header once: with set, not append. A proxy that adds one must replace the client's.",
    concerns: ["caller", "proxy"],
  },
  {
    id: "header-spaces",
    when: someHeader(sameUnder(spacesFolded)),
    says: "White space at the ends of a value, or inside it, was folded or trimmed.",
    cure: "Send values without runs of spaces. LACRE1 trims the two ends and keeps what is inside.",
  },
  {
    id: "header-charset",
    when: someHeader(
      ({ client, server }) => recoded(client).includes(server) || recoded(server).includes(client),
    ),
    says: "A value outside ASCII is UTF-8 on one side and Latin-1 on the other.",
    cure: "Put only printable ASCII into signed headers: percent-encode or base64 the rest.",
  },
  {
    id: "header-malformed",
    when: ({ client, server }) =>
      [client, server].some(({ fault }) => fault?.code === "header-malformed"),
    says: "A signed value holds something else than printable ASCII, which libraries send in different ways.",
    cure: "Put only printable ASCII into signed headers: percent-encode or base64 the rest.",
  },
  {
    id: "header-dropped",
    when: (findings) =>
      findings.server.fault?.code === "header-missing" ||
      headerRows(findings).some(
        ({ key, client, server }) =>
          client?.length === 1 && server?.length === 0 && !isOfContent(key.slice("header:".length)),
      ),
    says: "A header that was signed did not arrive: a proxy or the library took it off.",
    cure: "Let it through, or leave it out of the list: what proxies change by nature cannot be signed.",
    concerns: ["proxy", "caller"],
  },
  {
    id: "list-grown",
    when: differs("list", ({ client, server }) => {
      const [some, all] = [namesOf(client), namesOf(server)];
      return some.length < all.length && some.every((name) => all.includes(name));
    }),
    says: "The header that was sent lists more names than the text that was signed.",
    cure: "Make the list once, after the last header is set, and use it for both the text and the header.",
  },
  {
    id: "list-shrunk",
    when: differs("list", ({ client, server }) => {
      const [some, all] = [namesOf(server), namesOf(client)];
      return some.length < all.length && some.every((name) => all.includes(name));
    }),
    says: "The text that was signed lists more names than the header that was sent.",
    cure: "Make the list once, after the last header is set, and use it for both the text and the header.",
  },
  {
    id: "header-unsigned",
    when: ({ server }) =>
      server.fault?.code === "header-unsigned" && server.fault.detail !== "content-type",
    says: "A header that must be signed whenever it is sent is not in the list.",
    cure: "Put it into the list and its line into the text, or do not send it.",
  },
  {
    id: "header-changed",
    wide: true,
    when: (findings) =>
      headerRows(findings).some(
        ({ key, client, server }) =>
          client?.length === 1 && server?.length === 1 && !isOfContent(key.slice("header:".length)),
      ) && pairOf(findings, "nonce") === undefined,
    says: "A signed header has another value: something rewrote it after signing.",
    cure: "Set the header before signing and not after, and have proxies leave it alone.",
    concerns: ["caller", "proxy"],
  },
];
