/*
 * The heads that cost each scheme the most, of any size: well-formed credentials with heavy things beside them, heavy
 * credentials, and heavy things that are signed.
 */
import { acquia2 } from "@lacre/schemes/acquia2";
import { aspnetHmac } from "@lacre/schemes/aspnet";
import { awsSigV4 } from "@lacre/schemes/aws-sigv4";
import { azureHmac } from "@lacre/schemes/azure-hmac";
import { azureSharedKey } from "@lacre/schemes/azure-shared-key";
import { bodySignature } from "@lacre/schemes/body-signature";
import { github } from "@lacre/schemes/github";
import { hawk } from "@lacre/schemes/hawk";
import {
  lacre1,
  Refusal,
  ResponseSigner,
  Signer,
  type AnsweredRequest,
  type KeyEncoding,
  type Scheme,
} from "@lacre/core";
import { rfc9421 } from "@lacre/schemes/rfc9421";
import { sharedKey } from "@lacre/schemes/shared-key";
import { slack } from "@lacre/schemes/slack";
import { standardWebhooks } from "@lacre/schemes/standard-webhooks";
import { stripe } from "@lacre/schemes/stripe";
import { timestampBody } from "@lacre/schemes/timestamp-body";
import { LINES, TARGETS, TEXTS, type Head, type HeavyHeads, type Line } from "./heavy-heads.js";

const NOW_SECONDS = 1_700_000_000;
export const HOST = "api.example.test";
const clock = { nowMs: () => NOW_SECONDS * 1000 };
const TEXT_KEY = "correct horse battery staple, at least";
const BASE64_KEY = Buffer.from([...Array(64).keys()]).toString("base64");
const SHORT_BASE64_KEY = Buffer.from([...Array(32).keys()]).toString("base64");

/** A scheme, and what signs for it. */
export interface Subject {
  readonly scheme: Scheme;
  readonly signer: Signer;
}

const subject = (scheme: Scheme, encoding: KeyEncoding = "text", apiKey = TEXT_KEY): Subject => ({
  scheme,
  signer: new Signer({ appId: "demo", apiKey, encoding, scheme, clock }),
});
const known = { acknowledgeWeakness: true } as const;
const scope = { region: "eu-central-1", service: "orders" };

export const SUBJECTS: ReadonlyMap<string, Subject> = new Map([
  ["lacre1", subject(lacre1)],
  ["aws-sigv4", subject(awsSigV4(scope))],
  ["aws-sigv4, s3", subject(awsSigV4({ ...scope, urlMode: "s3" }))],
  ["aws-sigv4, raw", subject(awsSigV4({ ...scope, urlMode: "raw" }))],
  ["rfc9421", subject(rfc9421({ fields: { "x-list": "list", "x-item": "item" } }))],
  ["hawk", subject(hawk({ presigned: 3600 }))],
  ["acquia2", subject(acquia2({ realm: "orders" }), "base64", SHORT_BASE64_KEY)],
  [
    "aspnet-hmac",
    subject(aspnetHmac({ ...known, mixedCaseTargets: true }), "base64", SHORT_BASE64_KEY),
  ],
  [
    "aspnet-hmac, amx",
    subject(aspnetHmac({ ...known, dialect: "amx" }), "base64", SHORT_BASE64_KEY),
  ],
  ["azure-hmac", subject(azureHmac(known), "base64", SHORT_BASE64_KEY)],
  ...(["blob", "table"] as const).flatMap((service) =>
    [false, true].map((lite): [string, Subject] => [
      `azure-shared-key, ${service}${lite ? " lite" : ""}`,
      subject(
        azureSharedKey({ ...known, service, lite, allowUnsignedContent: true }),
        "base64",
        BASE64_KEY,
      ),
    ]),
  ),
  ["shared-key", subject(sharedKey(known))],
  ["timestamp-body", subject(timestampBody({ ...known, appId: "demo" }))],
  [
    "standard-webhooks",
    subject(standardWebhooks({ appId: "demo" }), "whsec", `whsec_${SHORT_BASE64_KEY}`),
  ],
  ["stripe", subject(stripe({ appId: "demo" }))],
  ["slack", subject(slack({ appId: "demo" }))],
  ["github", subject(github({ ...known, appId: "demo", clock }))],
  [
    "body-signature",
    subject(
      bodySignature({
        ...known,
        name: "own",
        appIdHeader: "x-sender",
        signatureHeader: "x-signature",
        separator: ",",
        prefix: "v1=",
        timestampHeader: "x-time",
        idHeader: "x-id",
        template: "{id}.{timestamp}.{body}",
      }),
    ),
  ],
]);

/** All of them, of about `bytes` bytes. */
export function heavyRequests(bytes: number, { scheme, signer }: Subject): HeavyHeads {
  const heads = new Map<string, Head>();
  const enter = (what: string, make: () => Head): void => {
    try {
      heads.set(what, make());
    } catch (error) {
      if (!(error instanceof Refusal)) throw error; // what cannot be signed is sent unsigned below
    }
  };
  const content = scheme.name === "shared-key" ? undefined : Buffer.from("{}");
  const signed = (target: string, own: readonly Line[]): Head => {
    const url = `https://${HOST}/`;
    const { headers } = signer.sign({ method: "POST", url, target, headers: own, content });
    return { method: "POST", target, headers: [["Host", HOST], ...own, ...headers] };
  };
  const honest = signed("/orders?a=1", [["content-length", "2"]]);

  for (const [what, linesOf] of Object.entries(LINES)) {
    const lines = linesOf(bytes);
    enter(`${what}, signed`, () => signed("/", lines));
    enter(`${what} beside it`, () => ({ ...honest, headers: [...honest.headers, ...lines] }));
  }
  for (const [what, targetOf] of Object.entries(TARGETS)) {
    const target = targetOf(bytes);
    enter(`${what}, signed`, () => signed(target, []));
    enter(what, () => ({ ...honest, target }));
    enter(`${what} alone`, () => ({ method: "GET", target, headers: [["Host", HOST]] }));
    if (scheme.presigned !== undefined)
      enter(`${what}, presigned`, () => presigned(signer, target));
  }
  for (const [what, textOf] of Object.entries(TEXTS)) {
    enter(`${what}, signed`, () => signed("/", [["x-long", textOf(bytes)]]));
    for (const [how, headers] of spoiled(honest.headers, textOf(bytes)))
      heads.set(`${what} ${how}`, { ...honest, headers });
  }
  if (scheme.name === "rfc9421")
    for (const [what, head] of heavilyCovered(bytes)) heads.set(what, head);
  return heads;
}

function presigned(signer: Signer, target: string): Head {
  const { url } = signer.presign({ url: `https://${HOST}/`, target, expiresSeconds: 600 });
  return { method: "GET", target: url.slice(`https://${HOST}`.length), headers: [["Host", HOST]] };
}

/**
 * Requests of about `bytes` bytes under RFC 9421, whose signature covers the same field, or the same query, as many as
 * `times` times.
 */
export function heavilyCovered(bytes: number, times = MOST): HeavyHeads {
  return new Map(
    Array.from(
      heavySignatures(bytes, REQUIRED, times),
      ([what, { parts, own, target = "/" }]): [string, Head] => [
        what,
        { method: "GET", target, headers: [["Host", HOST], ...own, ...signatureLines(parts)] },
      ],
    ),
  );
}

/** How many components a signature may cover, beside those that it must. */
const MOST = 28;

/** The header lines of answers, by what is heavy about them. */
export type HeavyAnswers = ReadonlyMap<string, readonly Line[]>;

/** The schemes that sign answers. */
export const ANSWERING: ReadonlyMap<string, Subject> = new Map(
  [...SUBJECTS].filter(([, { scheme }]) => scheme.responses !== undefined),
);

/** All of them, of about `bytes` bytes, to one request. */
export function heavyAnswers(
  bytes: number,
  { scheme }: Subject,
  request: AnsweredRequest,
): HeavyAnswers {
  const answers = new Map<string, readonly Line[]>();
  const content = Buffer.from("{}");
  const server = new ResponseSigner([scheme], clock);
  const honest: readonly Line[] = server.feign(request.head, { status: 200, headers: [], content });
  for (const [what, linesOf] of Object.entries(LINES))
    answers.set(`${what} beside it`, [...honest, ...linesOf(bytes)]);
  for (const [what, textOf] of Object.entries(TEXTS))
    for (const [how, changed] of spoiled(honest, textOf(bytes)))
      answers.set(`${what} ${how}`, changed);
  if (scheme.name === "rfc9421")
    for (const [what, { own, parts }] of heavySignatures(bytes, ['"@status"']))
      answers.set(what, [...own, ...signatureLines(parts)]);
  return answers;
}

/** One text in each place of each field that a scheme reads. */
function spoiled(lines: readonly Line[], text: string): ReadonlyMap<string, readonly Line[]> {
  const names = new Set(lines.map(([name]) => name.toLowerCase()));
  for (const name of ["content-type", "content-digest"]) names.add(name);
  names.delete("host");
  const all = new Map<string, readonly Line[]>();
  for (const name of names) {
    const isIt = ([each]: Line): boolean => each.toLowerCase() === name;
    const value = lines.find(isIt)?.[1] ?? "";
    const others = lines.filter((line) => !isIt(line));
    const [middle, first] = [value.length / 2, value.split(" ", 1)[0] ?? ""];
    for (const [how, changed] of [
      ["for", text],
      ["behind", value + text],
      ["behind the first word of", `${first} ${text}`],
      ["amid", value.slice(0, middle) + text + value.slice(middle)],
    ] as const)
      all.set(`${how} ${name}`, [...others, [name, changed]]);
  }
  return all;
}

/** What a signature covers, and the fields and the target that it covers. */
interface Signature {
  readonly parts: readonly string[];
  readonly own: readonly Line[];
  readonly target?: string;
}

/** RFC 9421 lets a sender cover one field, or one query, in many ways. */
function heavySignatures(
  bytes: number,
  required: readonly string[],
  times = MOST,
): ReadonlyMap<string, Signature> {
  const all = new Map<string, Signature>();
  const room = Math.floor(bytes * 0.9);
  const enter = (
    what: string,
    parts: readonly string[],
    own: readonly Line[],
    target?: string,
  ): void => void all.set(what, { parts: [...required, ...parts], own, target });
  for (const [what, textOf] of Object.entries(TEXTS)) {
    const long: readonly Line[] = [["x-long", textOf(room)]];
    enter(`members of ${what}`, keyed("x-long", times), long);
    enter(`members beside ${what}`, keyed("x-long", times), [
      ["x-long", `${MEMBERS}, ${textOf(room)}`],
    ]);
    enter(
      `members of ${what}, twice`,
      [...keyed("x-long", times / 2), ...keyed("x-long", times / 2, ";sf")],
      long,
    );
    for (const name of ["x-list", "x-item", "priority"])
      enter(
        `${name} of ${what}`,
        [`"${name}"`, `"${name}";sf`, `"${name}";bs`],
        [[name, textOf(room)]],
      );
    const eight = Array.from({ length: 8 }, (_, i): Line => [
      `x-f${i}`,
      `a0,a1,a2, ${textOf(room / 8)}`,
    ]);
    enter(
      `eight fields of ${what}`,
      eight.flatMap(([name]) => keyed(name, 3)),
      eight,
    );
    enter(`components of ${what}`, [textOf(room)], []);
  }
  for (const [what, linesOf] of Object.entries(LINES)) {
    const lines = linesOf(room);
    enter(
      `${what}, covered`,
      [...new Set(lines.map(([name]) => `"${name}"`))].slice(0, times),
      lines,
    );
    enter(`members beside ${what}`, keyed("x-one", 2), [...lines, ["x-one", "a0,a1"]]);
  }
  for (const [what, targetOf] of Object.entries(TARGETS)) {
    const target = targetOf(bytes);
    const names = target
      .slice(2)
      .split(/[&=]/)
      .filter((name) => /^[A-Za-z0-9]{1,20}$/.test(name));
    const parts = [...new Set(names)].slice(-times).map((name) => `"@query-param";name="${name}"`);
    enter(`parameters of ${what}`, parts, [], target);
    enter(`the whole of ${what}`, ['"@target-uri"', '"@request-target"'], [], target);
  }
  return all;
}

const REQUIRED = ["@method", "@authority", "@path", "@query"].map((name) => `"${name}"`);

const keyed = (name: string, many: number, more = ""): readonly string[] =>
  Array.from({ length: many }, (_, i) => `"${name}"${more};key="a${i.toString(36)}"`);

const MEMBERS = keyed("", MOST)
  .map((part) => part.slice('"";key="'.length, -1))
  .join(",");

const MAC = `:${Buffer.alloc(32, 1).toString("base64")}:`;

const signatureLines = (parts: readonly string[]): readonly Line[] => [
  ["Signature-Input", `sig=(${parts.join(" ")});created=${NOW_SECONDS};keyid="demo"`],
  ["Signature", `sig=${MAC}`],
];
