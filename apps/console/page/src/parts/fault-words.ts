import { createElement, type ReactNode } from "react";
import { ApiError } from "../api/api-error.js";
import type { MessageId } from "../words/message-id.js";
import { useWords, type Words } from "../words/use-words.js";

type Fault = ApiError["faults"][number];

/** What the console says of the usual faults, in its English, and the message for it. A group is its number. */
const KINDS: readonly (readonly [RegExp, MessageId])[] = [
  [
    /received undefined|^is missing|^Too small: expected (?:string|array) to have >=1 /,
    "fault.missing",
  ],
  [/^Too small: expected string to have >=(\d+) /, "fault.short"],
  [/^Too big: expected string to have <=(\d+) /, "fault.long"],
  [/^Too small: expected (?:number|int) to be >=(\d+)/, "fault.least"],
  [/^Too big: expected (?:number|int) to be <=(\d+)/, "fault.most"],
  [/^Invalid input: expected (?:int|number)/, "fault.whole"],
  [/\bAppId\b/, "fault.appId"],
  [/address or a network|the length of a network/, "fault.network"],
  [/^must not be past/, "fault.past"],
  [/after notBefore/, "fault.order"],
  [/^Invalid email/, "fault.email"],
  [/^Invalid URL/, "fault.url"],
  [/^letters, digits and/, "fault.login"],
  [/^must be printable, without blanks/, "fault.scope"],
  [/among those that are tried first/, "fault.guessed"],
  [/^must be a team|no such team/, "fault.team"],
];

/** What fields are called where they are filled in. */
const LABELS: Readonly<Record<string, MessageId>> = {
  ...{ id: "apps.id", appId: "apps.id", name: "people.name", teamId: "apps.team" },
  ...{ scopes: "apps.scopes", schemes: "apps.schemes", networks: "apps.networks" },
  ...{ limits: "apps.limits", attributes: "apps.attributes", perSecond: "apps.limit.perSecond" },
  ...{ perMinute: "apps.limit.perMinute", perHour: "apps.limit.perHour" },
  ...{ perDay: "apps.limit.perDay", notBefore: "keys.notBefore", expiresAt: "keys.expiresAt" },
  ...{ secret: "keys.secret", scheme: "keys.scheme" },
  ...{ until: "keys.rotate.until", reason: "requests.reason", answer: "requests.answer" },
  ...{ login: "signIn.login", password: "signIn.password", newPassword: "profile.password.new" },
  ...{ email: "people.email", url: "webhooks.url", events: "webhooks.events" },
  ...{ origin: "try.origin", address: "try.address", request: "try.request" },
  ...{ refusalDays: "settings.refusalDays", minuteDays: "settings.minuteDays" },
  ...{ replayStormPerMinute: "settings.replayStormPerMinute" },
  ...{ keyExpiringDays: "settings.keyExpiringDays" },
};

/** `body.networks[0]` is the field `networks`, which has many; `body.limits.perDay` is `perDay` of `limits`. */
const fieldsOf = ({ at }: Fault): readonly string[] =>
  at
    .replace(/^body[.]/, "")
    .split(/[.[\]]+/)
    .filter((part) => !/^\d*$/.test(part));

/** A fault in the reader's language, where it is a usual one; else what the console says, as English. */
function wordsOf({ t }: Pick<Words, "t">, { problem }: Fault): ReactNode {
  for (const [pattern, message] of KINDS) {
    const found = pattern.exec(problem);
    if (found !== null) return t(message, { n: found[1] });
  }
  return createElement("span", { lang: "en" }, problem);
}

/** What is wrong with the field of this name, if that is what is wrong. */
export function useFaultOf(error: unknown): (name: string) => ReactNode {
  const words = useWords();
  return (name) => {
    if (!(error instanceof ApiError)) return undefined;
    const fault = error.faults.find((one) => fieldsOf(one)[0] === name);
    return fault === undefined ? undefined : wordsOf(words, fault);
  };
}

/** Each fault with the label of its field. */
export function useFaultLines(error: ApiError): readonly { at: string; words: ReactNode }[] {
  const words = useWords();
  return error.faults.map((fault) => {
    const name = fieldsOf(fault).at(-1) ?? fault.at;
    const label = LABELS[name];
    const called = label === undefined ? name : words.t(label);
    const line = createElement("span", null, called, ": ", wordsOf(words, fault));
    return { at: fault.at, words: line };
  });
}
