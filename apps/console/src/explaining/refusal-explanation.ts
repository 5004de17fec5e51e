import { REFUSAL_CODES, type RefusalCode } from "@lacre/core";
import { causesOf } from "lacre/explain";
import { z } from "zod";
import type { DeadKeyTold, RefusalRow } from "../happened/refusal-log.js";
import type { AppThen } from "./app-then.js";
import { CauseList } from "./explain-answer.js";
import { plain, plainCauses } from "./plain-words.js";

const PLACES = ["keys", "scopes", "limits"] as const;

export const Explanation = z.object({
  /** What is known of this very refusal. It stands before what is usual for its code. */
  facts: z.array(z.object({ text: z.string() })),
  causes: CauseList,
  /** Where in the console it can be mended: a part of an app's page. */
  links: z.array(z.object({ to: z.enum(PLACES), appId: z.string() })),
  /** For the caller's developer. */
  note: z.string(),
});
type Explanation = z.output<typeof Explanation>;

/** What is told of a refusal beside its columns. */
interface Detail {
  readonly note?: string;
  readonly message?: string;
  readonly keyFingerprints?: readonly string[];
  readonly canonicalSha256?: string;
}

/**
 * What is likely behind a refusal of which there is no more than what the service told.
 * @param deadKey the key of the app that made the MAC, and why it opens nothing
 * @param then how its app stood, where the service said that there is none
 */
export function explanationOf(
  refusal: RefusalRow,
  deadKey: DeadKeyTold | null,
  then: AppThen | undefined,
): Explanation {
  const known = knownAppOf(refusal, then);
  if (known !== undefined) return known;
  const facts = factsOf(refusal, deadKey);
  const links = linksOf(refusal);
  const first = { facts: facts.map((text) => ({ text })), links };
  const { code } = refusal;
  if (!(REFUSAL_CODES as readonly string[]).includes(code))
    return { ...first, causes: [], note: noteOf(refusal, facts) }; // of a service that is newer than the console
  const likely = causesOf({ code: code as RefusalCode, ...(deadKey !== null && { deadKey }) });
  const { means, causes, cures } = plainCauses(likely, deadKey === null);
  const [cure = ""] = cures;
  const id = deadKey === null ? code : "dead-key";
  return {
    ...first,
    causes: causes.map((sentence) => ({ id, sentence, cure, concerns: [] })),
    note: noteOf(refusal, [
      ...facts,
      ...(deadKey === null ? [means] : []),
      "",
      "Likely causes:",
      ...causes.map(item),
      "",
      ...cures,
    ]),
  };
}

/** Services hear of active apps alone, so it is the console that can say why one did not know an app. */
const OF_KNOWN_APPS: Readonly<Record<AppThen, { fact: string; cause: string; cure: string }>> = {
  disabled: {
    fact: "The console has this app, and it was disabled.",
    cause: "The app was disabled: services answer for it as for an app that there is not.",
    cure: "If it may call, enable it. Otherwise its caller should stop.",
  },
  service: {
    fact: "The console has this AppId, and it is a service.",
    cause: "A service calls the console, and nothing else: services do not take each other's keys.",
    cure: "Make an app for what it calls, and give it the key of that app.",
  },
  new: {
    fact: "The console has this app. It was made or enabled only moments before, or since.",
    cause: "The service had not heard of it yet.",
    cure: "It has by now, as a rule. Send the request again.",
  },
  known: {
    fact: "The console has this app, and it was active.",
    cause:
      "The service takes its apps from elsewhere, such as another console, or has not heard this one for a while.",
    cure: "Look from where the service takes its apps, and whether it tells this console its verdicts now.",
  },
};

function knownAppOf(refusal: RefusalRow, then: AppThen | undefined): Explanation | undefined {
  if (then === undefined) return undefined;
  const { fact, cause, cure } = OF_KNOWN_APPS[then];
  const id = `app-${then}`;
  return {
    facts: [{ text: fact }],
    causes: [{ id, sentence: cause, cure, concerns: [] }],
    links: [],
    note: noteOf(refusal, [fact, "", "Likely causes:", item(cause), "", cure]),
  };
}

function factsOf(refusal: RefusalRow, deadKey: DeadKeyTold | null): string[] {
  const { note, message = "", keyFingerprints = [] } = refusal.detail as Detail;
  const said = message.startsWith(`${refusal.code}: `)
    ? message.slice(refusal.code.length + 2)
    : "";
  if (deadKey?.why === "app-disabled")
    return [`Made with the key ${deadKey.id}, while the app was disabled.`];
  if (note !== undefined) return [sentence(plain(note)), ...triedFact(deadKey, keyFingerprints)];
  return [
    ...(said === "" ? [] : [`The service says: ${sentence(plain(said), false)}`]),
    ...triedFact(deadKey, keyFingerprints),
  ];
}

/** Where a dead key made the MAC, those that were tried are beside the point. */
const triedFact = (deadKey: object | null, fingerprints: readonly string[]): string[] =>
  deadKey !== null || fingerprints.length === 0
    ? []
    : [`The service tried the key with the fingerprint ${fingerprints.join(" and that with ")}.`];

const PLACE_OF: Readonly<Record<string, (typeof PLACES)[number]>> = {
  "signature-mismatch": "keys",
  "key-unusable": "keys",
  "scheme-refused": "keys",
  "scope-insufficient": "scopes",
  "network-not-allowed": "limits",
};

function linksOf({ code, appId }: RefusalRow): Explanation["links"] {
  const to = PLACE_OF[code];
  return to === undefined || !appId ? [] : [{ to, appId }];
}

const item = (text: string): string => `- ${text}`;

const sentence = (part: string, isWhole = true): string => {
  const first = part.charAt(0);
  const text = `${isWhole ? first.toUpperCase() : first}${part.slice(1)}`;
  return /[.!?]$/.test(text) ? text : `${text}.`;
};

/** For the caller's developer, as plain text. */
function noteOf(refusal: RefusalRow, more: readonly string[]): string {
  const { at, method, route, requestId, code, status, appId, scheme } = refusal;
  const { canonicalSha256 } = refusal.detail as Detail;
  return [
    `Request: ${method} ${route ?? ""} at ${at.toISOString()}, id ${requestId}`,
    ...(appId ? [`AppId: ${appId}`] : []),
    ...(scheme ? [`Format: ${scheme}`] : []),
    `Refused: ${code}, answered with ${status}`,
    ...(canonicalSha256 === undefined
      ? []
      : [`SHA-256 of the text that the server made: ${canonicalSha256}`]),
    ...(more.length === 0 ? [] : ["", ...more]),
    "",
  ].join("\n");
}
