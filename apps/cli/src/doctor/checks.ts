import { gzipSync } from "node:zlib";
import type { Check, Finding } from "./finding.js";
import {
  MARK,
  withHeader,
  withLine,
  type Dose,
  type Patient,
  type Prescription,
  type Reaction,
} from "./patient.js";
import { mustBeRefused, mustGetIn } from "./refused.js";

const CLOCK_LIMIT_SECONDS = 5;

/** Whether the credentials are taken at all: without that, a refusal says nothing. */
export const reachable: Check = async (patient) => {
  const name = "reachable";
  const sent = `GET ${patient.url.target}, rightly signed`;
  const reaction = await patient.give(patient.prepare());
  const { status, answer } = reaction;
  const expected = "an answer of the route: 2xx";
  const finding = { name, sent, expected, seen: reaction.words };
  const location = headerOf(answer?.rawHeaders ?? [], "location");
  // Some servers answer 400 in plain text on a port of TLS.
  const elsewhere = status === 0 || status === 400 ? await patient.otherOrigin() : undefined;
  const cure = curesOfNoAccess({ status, location, elsewhere });
  return [
    cure === undefined ? { ...finding, verdict: "good" } : { ...finding, verdict: "bad", cure },
    ...clockOf(patient, reaction),
  ];
};

function curesOfNoAccess({
  status,
  location,
  elsewhere,
}: {
  status: number;
  location: string | undefined;
  elsewhere: string | undefined;
}): string | undefined {
  if (elsewhere !== undefined)
    return `The port speaks ${elsewhere.replace(/:.*/, "")}. Begin the URL with ${elsewhere}`;
  if (status >= 200 && status < 300) return undefined;
  if (status === 0) return "Check the URL, and that the server runs.";
  if (status === 401)
    return "The credentials are not taken. Check AppId and key, the host among the server's origins, and both clocks; lacre explain finds the rest.";
  if (status === 403)
    return "This app may not call this route, or not from here. Give the URL of one that it may call, or add this address to its networks.";
  if (status === 404 || status === 405) return "There is no such GET route. Give the URL of one.";
  if (status === 503)
    return "The server takes nothing yet: its nonce store is starting, full or failing. Wait some seconds, and look at its log.";
  if (status >= 300 && status < 400)
    return `It redirects to ${(location ?? "nowhere").replace(/[^\x21-\x7e]/g, "?")}. Give the URL that answers by itself.`;
  return "The route fails. Give the URL of one that works.";
}

/** Only a hint: proxies write Date too, and the way there takes time. */
function clockOf(patient: Patient, { answer }: Reaction): Finding[] {
  const date = headerOf(answer?.rawHeaders ?? [], "date");
  const thenMs = Date.parse(date ?? "");
  if (Number.isNaN(thenMs)) return [];
  const seconds = Math.round((thenMs - patient.nowMs) / 1000);
  const words = seconds < 0 ? `${-seconds} s behind` : `${seconds} s ahead`;
  return [
    {
      name: "clock",
      sent: "the same request, looking at Date",
      expected: `the server's clock within ${CLOCK_LIMIT_SECONDS} s of this one`,
      seen: words,
      ...(Math.abs(seconds) <= CLOCK_LIMIT_SECONDS
        ? { verdict: "good" }
        : { verdict: "hint", cure: "Synchronise both clocks (NTP)." }),
    },
  ];
}

/**
 * Whether the routes ask for a signature at all. Without that nothing else means anything; and what gives no answer, or
 * none of a route, says nothing of that.
 */
export const unprotected: Check = async (patient) => {
  const { postUrl } = patient;
  const findings = [
    await unsignedRequest(patient),
    ...(postUrl === undefined ? [] : [await unsignedRequest(patient, "POST", postUrl)]),
  ];
  return findings
    .filter(({ seen }) => /^2\d\d$/.test(seen))
    .map((finding) => ({ ...finding, cure: NOT_PROTECTED }));
};

const NOT_PROTECTED =
  "The route is not protected: it answers whoever asks, without a signature. Nothing else was examined. Mark it with @HmacProtected() or @UseGuards(HmacGuard), or set globalGuard, and run this again.";

const unsignedRequest = (patient: Patient, method = "GET", url = patient.url): Promise<Finding> =>
  mustBeRefused(patient, {
    name: "unsigned request",
    sent: `${method} ${url.target} without a signature`,
    dose: patient.prepare({ method, url, unsigned: true }),
    cure: "The route is not protected. Mark it, or set globalGuard.",
  });

export const unsigned: Check = async (patient) => [await unsignedRequest(patient)];

/** What a proxy answers for a host that it does not know. */
const OF_PROXIES = [400, 403, 404, 421];
const OTHER_HOST = "lacre-doctor.invalid";

export const otherHost: Check = async (patient) => {
  const url = { ...patient.url, host: OTHER_HOST };
  // Each attempt is signed for itself: a nonce that was used would be refused for that.
  const elsewhere = (): Dose => ({ ...patient.prepare({ url }), url: patient.url });
  return [
    await mustBeRefused(patient, {
      name: "host",
      sent: `a request rightly signed for ${OTHER_HOST}, as another server with this key might pass on`,
      dose: elsewhere(),
      orElse: OF_PROXIES,
      cure: 'List the public origins of the server in place of origins: "*".',
    }),
    await mustBeRefused(patient, {
      name: "host changed",
      sent: `a signed request whose Host became ${OTHER_HOST}`,
      dose: withHeader(patient.prepare(), "host", () => OTHER_HOST),
      orElse: OF_PROXIES,
      cure: "The host must be signed, and taken from the request or from a trusted proxy alone.",
    }),
    await mustBeRefused(patient, {
      name: "forwarded host",
      sent: `a request rightly signed for ${OTHER_HOST}, which X-Forwarded-Host names`,
      dose: withLine(
        withHeader(elsewhere(), "host", () => patient.url.host),
        "X-Forwarded-Host",
        OTHER_HOST,
      ),
      orElse: OF_PROXIES,
      cure: "Believe X-Forwarded-Host from trusted proxies alone, and let it choose only among the public origins.",
    }),
  ];
};

export const target: Check = async (patient) => {
  const dose = patient.prepare();
  const separator = dose.url.target.includes("?") ? "&" : "?";
  const url = { ...dose.url, target: `${dose.url.target}${separator}lacre-doctor=1` };
  return [
    await mustBeRefused(patient, {
      name: "target",
      sent: "a signed request whose query got a parameter more",
      dose: { ...dose, url },
      cure: "The whole target must be signed, query included.",
    }),
  ];
};

/** The same bytes twice. */
export const replayed: Check = async (patient) => {
  const dose = patient.prepare();
  const [first, second] = [await patient.give(dose), await patient.give(dose)];
  const finding = {
    name: "replay",
    sent: "the same bytes twice",
    expected: "the first let in, the second 401",
    seen: `${first.words}, ${second.words}`,
  };
  const isIn = first.status >= 200 && first.status < 300;
  if (!isIn || second.status === 503) return [{ ...finding, verdict: "not checked" }];
  return [
    second.status === 401
      ? { ...finding, verdict: "good" }
      : {
          ...finding,
          verdict: "bad",
          cure: 'Remember nonces, in one place for all processes: a nonce store that claims atomically. Where the scheme has none, say replay: "once" on the route.',
        },
  ];
};

const HEADER_CURE =
  "Each header that is signed, or changes what a request means, must be on one line and in the list.";

const TWIN_CURE =
  "A proxy that drops names with an underscore, as nginx does, keeps it from the server, and then this is all right: ask the process itself. Otherwise a twin of a signed header must be refused.";

export const headerTricks: Check = async (patient) => {
  const dose = (): Dose => patient.prepare();
  const tricks: readonly (readonly [name: string, sent: string, dose: Dose, cure?: string])[] = [
    [
      "two Authorization lines",
      "a signed request with Authorization: Basic beside it",
      withLine(dose(), "Authorization", "Basic bGFjcmU6ZG9jdG9y"),
    ],
    [
      "repeated header",
      "a signed request with a signed header on a second line",
      withLine(dose(), MARK, "other"),
    ],
    [
      "twin header",
      "a signed request with a signed header again, _ in place of -",
      withLine(dose(), MARK.replaceAll("-", "_"), "other"),
      TWIN_CURE,
    ],
    [
      "changed header",
      "a signed request whose signed header has another value",
      withHeader(dose(), MARK, () => "other"),
    ],
    [
      "unsigned idempotency key",
      "a signed request with an Idempotency-Key that is not signed",
      withLine(dose(), "Idempotency-Key", "lacre-doctor"),
    ],
    [
      "unsigned method override",
      "a signed request with X-HTTP-Method-Override: OPTIONS that is not signed",
      withLine(dose(), "X-HTTP-Method-Override", "OPTIONS"),
    ],
  ];
  const findings: Finding[] = [];
  for (const [name, sent, trick, cure = HEADER_CURE] of tricks)
    findings.push(await mustBeRefused(patient, { name, sent, dose: trick, cure, orElse: [400] }));
  return findings;
};

const GZIP: readonly (readonly [string, string])[] = [
  ["Content-Type", "application/json"],
  ["Content-Encoding", "gzip"],
];
const ofType = (type: string): readonly (readonly [string, string])[] => [["Content-Type", type]];

/** Content, and what it is changed to: as long, and as good to a parser. */
const CONTENTS: readonly {
  readonly name: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly chunked?: true;
  readonly content: Buffer;
  readonly changed: Buffer;
}[] = [
  {
    name: "JSON",
    headers: ofType("application/json"),
    content: Buffer.from('{"lacreDoctor":1}'),
    changed: Buffer.from('{"lacreDoctor":2}'),
  },
  {
    name: "chunked JSON",
    headers: ofType("application/json"),
    chunked: true,
    content: Buffer.from('{"lacreDoctor":1}'),
    changed: Buffer.from('{"lacreDoctor":2}'),
  },
  {
    name: "gzip JSON",
    headers: GZIP,
    content: gzipSync('{"lacreDoctor":1}'),
    changed: gzipSync('{"lacreDoctor":2}'),
  },
  {
    name: "form",
    headers: ofType("application/x-www-form-urlencoded"),
    content: Buffer.from("lacreDoctor=1"),
    changed: Buffer.from("lacreDoctor=2"),
  },
  {
    name: "text",
    headers: ofType("text/plain"),
    content: Buffer.from("lacre doctor 1"),
    changed: Buffer.from("lacre doctor 2"),
  },
  {
    name: "binary",
    headers: ofType("application/octet-stream"),
    content: Buffer.from([0, 255, 1]),
    changed: Buffer.from([0, 255, 2]),
  },
];

const BODY_CURE =
  "The server must hash the bytes as they arrive, before any parser or decoder, and compare them with the signed digest.";

/** Content of every kind, as signed and changed on the way. */
export const bodies: Check = async (patient) => {
  const { postUrl: url } = patient;
  if (url === undefined)
    return [
      {
        name: "content",
        sent: "nothing",
        expected: "changed content refused",
        seen: "no --post-url was given",
        verdict: "not checked",
      },
    ];
  const findings: Finding[] = [];
  for (const { name, headers, chunked, content, changed } of CONTENTS) {
    const prescription: Prescription = { method: "POST", url, headers, content, chunked };
    findings.push(
      await mustGetIn(patient, {
        name: `content: ${name}`,
        sent: `POST ${url.target} with ${name} content, rightly signed`,
        dose: patient.prepare(prescription),
        cure: "Honest content is refused: see the code in the server's log. Something reads the content before it can be hashed, or the route fails.",
      }),
      await mustBeRefused(patient, {
        name: `content: ${name}, changed`,
        sent: "the same with one byte of the content changed",
        dose: { ...patient.prepare(prescription), content: changed },
        cure: BODY_CURE,
      }),
    );
  }
  const [{ headers, content }] = CONTENTS as [(typeof CONTENTS)[number]];
  findings.push(
    await mustBeRefused(patient, {
      name: "content added",
      sent: "a request signed without content, with content",
      dose: { ...patient.prepare({ method: "POST", url, headers }), content },
      cure: BODY_CURE,
    }),
    await mustBeRefused(patient, {
      name: "content taken off",
      sent: "a request signed with content, without it",
      dose: {
        ...patient.prepare({ method: "POST", url, headers, content }),
        content: Buffer.alloc(0),
      },
      cure: BODY_CURE,
    }),
  );
  return findings;
};

/** The value of a header; of several, the first. */
export function headerOf(rawHeaders: readonly string[], wanted: string): string | undefined {
  const at = rawHeaders.findIndex((name, i) => i % 2 === 0 && name.toLowerCase() === wanted);
  return at < 0 ? undefined : rawHeaders[at + 1];
}
